// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "examples/compare/scenarios/scenario_groups.h"
#include "examples/compare/subject/owner.h"

namespace compare {
namespace {

constexpr char kScopeEnd[] = "at scope end";
constexpr char kRemove[] = "by Remove()";
constexpr char kException[] = "by exception";
constexpr char kExit[] = "at exit";

template <class Dir>
int ScopeEnd() {
  {
    Dir dir = MakeDir<Dir>();
    Stage(kScopeEnd);
  }
  Stage(kExit);
  return 0;
}

template <class Dir>
int Remove() {
  Dir dir = MakeDir<Dir>();
  Stage(kRemove);
  CheckOk(dir.Remove());
  Check(dir.removed(), "removed() is false after Remove()");
  Stage(kScopeEnd);
  return 0;
}

template <class Dir>
int RemoveTwice() {
  Dir dir = MakeDir<Dir>();
  Stage(kRemove);
  CheckOk(dir.Remove());
  Stage("by the second Remove()");
  CheckOk(dir.Remove());
  Stage(kScopeEnd);
  return 0;
}

template <class Dir>
int Moved() {
  {
    Dir outer = [] {
      Dir inner = MakeDir<Dir>();
      Stage("by the move");
      Dir moved_to = std::move(inner);
      Stage("with the one moved from");
      return moved_to;
    }();
    Stage(kScopeEnd);
  }
  Stage(kExit);
  return 0;
}

template <class Dir>
int AssignedOver() {
  {
    Dir dir = MakeDir<Dir>();
    const std::filesystem::path first = dir.path().string();
    Stage("by the assignment");
    dir = MakeDir<Dir>();
    Check(!std::filesystem::exists(first), "the first one is still there");
    Stage(kScopeEnd);
  }
  Stage(kExit);
  return 0;
}

template <class Dir>
Dir Make() {
  Dir dir = MakeDir<Dir>();
  Stage("by the return");
  return dir;
}

template <class Dir>
int Returned() {
  {
    Dir dir = Make<Dir>();
    Stage(kScopeEnd);
  }
  Stage(kExit);
  return 0;
}

template <class Dir>
void Throw() {
  Dir dir = MakeDir<Dir>();
  Stage(kException);
  throw std::runtime_error("no such record");
}

template <class Dir>
int ExceptionCaught() {
  try {
    Throw<Dir>();
  } catch (const std::runtime_error&) {
    Stage(kExit);
  }
  return 0;
}

constexpr char kDestructorRuns[] =
    "Leaving the scope runs the owner's destructor, which removes the "
    "directory in both styles: in the finalizer style it runs the finalizer.";

constexpr Scenario kOrdinaryEnds[] = {
    {"scope-end",
     "end of scope",
     "The block in which the owner was declared ends.",
     {ScopeEnd<D>, ScopeEnd<F>, ScopeEnd<M>},
     Exits(0),
     {{"", kScopeEnd, kDestructorRuns}}},
    {"remove",
     "Remove()",
     "The program calls Remove() and checks the status.",
     {Remove<D>, Remove<F>, Remove<M>},
     Exits(0),
     {{"", kRemove,
       "Only Remove() can return a failure to the program. The destructor, "
       "and exit in the finalizer style, have nothing left to do."}}},
    {"remove-twice",
     "Remove() twice",
     "The program calls Remove() a second time.",
     {RemoveTwice<D>, RemoveTwice<F>, RemoveTwice<M>},
     Exits(0),
     {{"", kRemove,
       "The second call has nothing to remove and returns OK, because the "
       "directory does not exist, as requested."}}},
    {"moved",
     "moved to another owner",
     "The directory is moved out of one owner into another; the first "
     "is destroyed, later the second.",
     {Moved<D>, Moved<F>, Moved<M>},
     Exits(0),
     {{"destructor", kScopeEnd,
       "The object that was moved from owns nothing, so its destructor "
       "removes nothing. The destructor of the new owner does."},
      {"finalizer", kScopeEnd,
       "The finalizer moves with the lifetime, and runs when the new "
       "owner's ends."}}},
    {"assigned-over",
     "assigned over",
     "Another temp dir is moved into a live owner.",
     {AssignedOver<D>, AssignedOver<F>, AssignedOver<M>},
     Exits(0),
     {{"", kScopeEnd,
       "The assignment removes the first directory before it takes over "
       "the second, which is removed at the end of the scope."}}},
    {"returned",
     "returned from a function",
     "A function creates the temp dir and returns it.",
     {Returned<D>, Returned<F>, Returned<M>},
     Exits(0),
     {{"", kScopeEnd,
       "The caller's object is the owner, and its scope ends later."}}},
    {"exception-caught",
     "exception, caught",
     "A function that owns a temp dir throws; its caller catches.",
     {ExceptionCaught<D>, ExceptionCaught<F>, ExceptionCaught<M>},
     Exits(0),
     {{"", kException,
       "Unwinding destroys the owner on the way to the handler."}}},
};

}  // namespace

Group OrdinaryEnds() { return {"ordinary", "ordinary ends", kOrdinaryEnds}; }

}  // namespace compare
