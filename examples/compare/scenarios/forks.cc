// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "examples/compare/scenarios/scenario_groups.h"
#include "examples/compare/subject/child_process.h"
#include "examples/compare/subject/owner.h"
#include "examples/compare/subject/reaper.h"
#include "examples/send_signal.h"
#include "finalize/adopt_after_fork.h"

namespace compare {
namespace {

constexpr char kParent[] = "by the parent";
constexpr char kChild[] = "by the child";

// Waits for `child`, which must end as `expected` says.
void Await(pid_t child, Ending ending) {
  int status = 0;
  Check(waitpid(child, &status, 0) == child, "waitpid");
  Check(EndingOf(status) == ending,
        "the child's end: " + ToString(EndingOf(status)));
}

template <class Dir>
int ChildExits() {
  Dir dir = MakeDir<Dir>();
  const pid_t child = Fork();
  if (child == 0) {
    Stage(kChild);
    std::exit(0);
  }
  Await(child, Exits(0));
  Stage(kParent);
  return 0;
}

template <class Dir>
int ChildReturns() {
  Dir dir = MakeDir<Dir>();
  const pid_t child = Fork();
  if (child == 0) {
    Stage(kChild);
    return 0;
  }
  Await(child, Exits(0));
  Stage(kParent);
  return 0;
}

template <class Dir>
int ChildKilled() {
  Dir dir = MakeDir<Dir>();
  const pid_t child = Fork();
  if (child == 0) {
    Stage(kChild);
    examples::SendSignal(getpid(), SIGKILL);
  }
  Await(child, DiesBy(SIGKILL));
  Stage(kParent);
  return 0;
}

template <class Dir>
int ParentFirst() {
  Dir dir = MakeDir<Dir>();
  OwnersEnd end;
  if (Fork() == 0) {
    end.AwaitInChild();
    Stage(kChild);
    return 0;
  }
  Stage(kParent);
  return 0;
}

template <class Dir>
int ParentLeaves() {
  Dir dir = MakeDir<Dir>();
  OwnersEnd end;
  if (Fork() == 0) {
    end.AwaitInChild();
    // It outlives the reaper process, if there is one.
    if (const char* parent = getenv("TMPDIR")) AwaitReaperProcess(parent);
    Stage(kChild);
    return 0;
  }
  Stage("at _exit");
  _exit(0);
}

template <class Dir>
int ChildAdopts() {
  Dir dir = MakeDir<Dir>();
  OwnersEnd end;
  if (Fork() == 0) {
    CheckOk(finalize::AdoptAfterFork().status());
    end.AwaitInChild();
    Stage(kChild);
    return 0;
  }
  Stage("at _exit");
  _exit(0);
}

constexpr char kOwnersOnly[] =
    "The directory belongs to the process that created it. The child has "
    "copies of the owner and of its finalizer, and neither removes anything: "
    "the parent still uses the directory, and removes it when it ends.";

constexpr Scenario kForks[] = {
    {"fork-child-exits",
     "fork, child exits",
     "The process forks; the child calls exit(), then the parent "
     "returns from main.",
     {ChildExits<D>, ChildExits<F>, ChildExits<M>},
     Exits(0),
     {{"", kParent, kOwnersOnly}},
     "",
     Place::kAnyDirectory,
     kChild},
    {"fork-child-returns",
     "fork, child returns",
     "The child leaves the owner's scope and returns from main, then "
     "the parent does.",
     {ChildReturns<D>, ChildReturns<F>, ChildReturns<M>},
     Exits(0),
     {{"", kParent, kOwnersOnly}},
     "",
     Place::kAnyDirectory,
     kChild},
    {"fork-child-killed",
     "fork, child is killed",
     "The child gets SIGKILL; the parent sees it and returns from main.",
     {ChildKilled<D>, ChildKilled<F>, ChildKilled<M>},
     Exits(0),
     {{"", kParent,
       "The end of the child does not affect the parent's directory."}},
     "",
     Place::kAnyDirectory,
     kChild},
    {"fork-parent-first",
     "fork, parent ends first",
     "The parent returns from main while the child still runs; the child "
     "returns later.",
     {ParentFirst<D>, ParentFirst<F>, ParentFirst<M>},
     Exits(0),
     {{"", kParent,
       "The parent is the owner and removes the directory at its end, "
       "even if a child still uses it. A parent must wait for a child that "
       "does."}}},
    {"fork-daemon",
     "fork, parent calls _exit()",
     "The process becomes a daemon: it forks, the parent calls _exit(), "
     "and the child continues and returns from main.",
     {ParentLeaves<D>, ParentLeaves<F>, ParentLeaves<M>},
     Exits(0),
     {{"", nullptr,
       "The parent owns the directory, and _exit() runs nothing; the "
       "child does not own it. A daemon creates its temp dirs after it "
       "has forked, or adopts them."},
      {"reaper", nullptr,
       "The child holds the lock of the process's directory, as its parent "
       "did, and the reaper process does not wait for the child. The next "
       "start removes the directory."},
      kNextStartDoes}},
    {"fork-daemon-adopts",
     "fork, the child adopts",
     "The process becomes a daemon, and the child calls "
     "AdoptAfterFork() before it continues.",
     {ChildAdopts<D>, ChildAdopts<F>},
     Exits(0),
     {{"", kChild,
       "AdoptAfterFork() makes the child the owner of everything that its "
       "parent had. It removes the directory when it leaves the owner's "
       "scope."}}},
};

}  // namespace

Group Forks() { return {"fork", "fork", kForks}; }

}  // namespace compare
