// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/scenarios/other_columns.h"

namespace compare {
namespace {

constexpr char kColumn[] = "mkdtemp";

constexpr Expectation Removed(const char* stage, const char* why) {
  return {kColumn, stage, why};
}
constexpr Expectation Left(const char* why) { return {kColumn, nullptr, why}; }

constexpr char kScopeEnd[] = "at scope end";
constexpr char kNoHandler[] =
    "The default action of the signal ends the process in the kernel: no "
    "destructor runs.";
constexpr char kNobodyAsks[] =
    "The child has a copy of the owner, and the class does not ask whose it "
    "is: the child's destructor removes the directory that the parent still "
    "uses. The parent's finds nothing, and says nothing.";

constexpr OtherExpectation kExpectations[] = {
    {"scope-end", Removed(kScopeEnd, "Leaving the scope runs the destructor.")},
    {"remove", Removed("by Remove()",
                       "Remove() returns the error, if there is one. In the "
                       "destructor the error is lost.")},
    {"quick-exit", Left("quick_exit() runs at_quick_exit handlers only: no "
                        "destructor and no exit handler.")},
    {"sigterm", Left(kNoHandler)},
    {"sigint", Left(kNoHandler)},
    {"sighup", Left(kNoHandler)},
    {"sigterm-twice", Left(kNoHandler)},
    {"sigterm-again",
     Left("The default action of the first signal ends the process in the "
          "kernel: nothing runs that could hang.")},
    {"sigsegv", Left("The kernel ends the process at the faulting "
                     "instruction.")},
    {"fork-child-exits",
     Removed("by the parent",
             "exit() in the child destroys no local variable. If the owner "
             "is a global, it does, and the parent loses its directory.")},
    {"fork-child-returns", Removed("by the child", kNobodyAsks)},
    {"fork-parent-first",
     Removed("by the parent",
             "The first process that leaves the owner's scope removes the "
             "directory, which here is the parent.")},
    {"fork-daemon",
     Removed("by the child",
             "The child has a copy of the owner, and leaves its scope. That "
             "is what the daemon wants, and an accident in every other fork.")},
    {"fork-daemon-adopts",
     {kColumn, nullptr,
      "There is nothing to adopt: every process that leaves the owner's scope "
      "removes the directory.",
      /*absent=*/true}},
    {"remove-fails-once",
     Removed("by retry", "Remove() forgets the path only after success.")},
    {"undeletable",
     {kColumn, nullptr,
      "A file that cannot be removed stays, and nobody is told: a destructor "
      "has nowhere to return an error.",
      /*absent=*/false, std::nullopt, ""}},
    {"replaced",
     {kColumn, nullptr,
      "The class knows the directory by its name. It removes the new one, "
      "which is not its own, and leaves its own, which has another name now.",
      /*absent=*/false, std::nullopt, ""}},
};

}  // namespace

absl::Span<const OtherExpectation> MkdtempExpectations() {
  return kExpectations;
}

}  // namespace compare
