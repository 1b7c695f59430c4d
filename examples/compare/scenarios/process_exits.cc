// SPDX-License-Identifier: Apache-2.0

#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "examples/compare/scenarios/scenario_groups.h"
#include "examples/compare/subject/child_process.h"
#include "examples/compare/subject/owner.h"
#include "examples/compare/subject/reaper.h"

namespace compare {
namespace {

constexpr char kExit[] = "at exit";
constexpr char kQuickExit[] = "at quick_exit";

template <class Dir>
int ReturnFromMain() {
  Dir dir = MakeDir<Dir>();
  Stage("at return");
  return 3;
}

[[noreturn]] void GiveUp(int depth) {
  if (depth == 0) {
    Stage(kExit);
    std::exit(3);
  }
  GiveUp(depth - 1);
}

template <class Dir>
int ExitNested() {
  Dir dir = MakeDir<Dir>();
  GiveUp(5);
}

template <class Dir>
int ExitOnOtherThread() {
  Dir dir = MakeDir<Dir>();
  std::thread other([] {
    Stage(kExit);
    std::exit(3);
  });
  other.join();
  return 0;
}

template <class Dir>
int QuickExit() {
  Dir dir = MakeDir<Dir>();
  Stage(kQuickExit);
  std::quick_exit(3);
}

template <class Dir>
int UnderscoreExit() {
  Dir dir = MakeDir<Dir>();
  Stage("at _exit");
  _exit(3);
}

template <class Dir>
int Exec() {
  Dir dir = MakeDir<Dir>();
  Stage("at exec");
  BecomeIdleProgram(3);
  Fail("exec");
}

constexpr char kStackStays[] =
    "exit() does not unwind the stack: the owner is never destroyed.";
constexpr char kExitDrains[] =
    "exit() runs the finalizers that are still pending, newest first, on the "
    "thread that called it; the owner need not be destroyed for that.";

constexpr Scenario kProcessExits[] = {
    {"return-from-main",
     "return from main",
     "The owner is a local variable of main, which returns 3.",
     {ReturnFromMain<D>, ReturnFromMain<F>, ReturnFromMain<M>},
     Exits(3),
     {{"", "at return",
       "The variables of main are destroyed, as those of any function are, "
       "before exit begins."}}},
    {"exit-nested",
     "exit() in a nested call",
     "A nested function cannot continue and calls exit(3). The owner is a "
     "local variable of a caller.",
     {ExitNested<D>, ExitNested<F>, ExitNested<M>},
     Exits(3),
     {{"destructor", nullptr, kStackStays}, {"finalizer", kExit, kExitDrains}}},
    {"exit-other-thread",
     "exit() on another thread",
     "A second thread calls exit(3) while the first one, which owns the "
     "directory, waits.",
     {ExitOnOtherThread<D>, ExitOnOtherThread<F>, ExitOnOtherThread<M>},
     Exits(3),
     {{"destructor", nullptr, "The stack of the owner's thread just vanishes."},
      {"finalizer", kExit, kExitDrains}}},
    {"quick-exit",
     "quick_exit()",
     "The program calls quick_exit(3).",
     {QuickExit<D>, QuickExit<F>, QuickExit<M>},
     Exits(3),
     {{"", nullptr,
       "quick_exit() runs at_quick_exit handlers only: no destructor and "
       "no exit handler. The library installs one only if asked."},
      {"hooks", kQuickExit,
       "The exit hooks include an at_quick_exit handler, which runs the "
       "finalizers."}}},
    {"underscore-exit",
     "_exit()",
     "The program calls _exit(3).",
     {UnderscoreExit<D>, UnderscoreExit<F>, UnderscoreExit<M>},
     Exits(3),
     {{"", nullptr,
       "_exit() is the system call: no more code of the program runs."},
      kReaperProcessDoes,
      kNextStartDoes}},
    {"exec",
     "exec",
     "The program replaces itself with another one, which returns 3.",
     {Exec<D>, Exec<F>, Exec<M>},
     Exits(3),
     {{"", nullptr,
       "exec discards the whole program with its objects and exit handlers. "
       "The new program does not know about the directory."},
      {"reaper", kByReaperProcess,
       "exec does not end the process. The reaper process wakes when the new "
       "program has ended, and removes the directory."},
      kNextStartDoes}},
};

}  // namespace

Group ProcessExits() { return {"exits", "exits", kProcessExits}; }

}  // namespace compare
