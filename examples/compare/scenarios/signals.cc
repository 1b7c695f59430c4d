// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

#include "examples/compare/scenarios/scenario_groups.h"
#include "examples/compare/subject/owner.h"
#include "examples/send_signal.h"

namespace compare {
namespace {

constexpr char kBySignal[] = "by the signal";

template <class Dir, int number>
int Signalled() {
  Dir dir = MakeDir<Dir>();
  Stage(kBySignal);
  Check(examples::SendSignal(getpid(), number), "kill");
  for (;;) pause();
}

// One that the thread has and one that the process has: both arrive, one right
// after the other.
template <class Dir>
int SignalledTwice() {
  Dir dir = MakeDir<Dir>();
  sigset_t term, before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  Check(sigprocmask(SIG_BLOCK, &term, &before) == 0, "sigprocmask");
  Check(raise(SIGTERM) == 0 && examples::SendSignal(getpid(), SIGTERM), "kill");
  Stage(kBySignal);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  for (;;) pause();
}

// The user sends it again and again, until the process ends.
[[noreturn]] void HangUnderSignals() {
  constexpr timespec kPause = {0, 10'000'000};
  for (;;) {
    examples::SendSignal(getpid(), SIGTERM);
    nanosleep(&kPause, nullptr);
  }
}

template <class Dir>
int SignalledAgain() {
  Dir dir = MakeDir<Dir>();
  CallAtExit<Dir>("call home", HangUnderSignals);
  Stage(kBySignal);
  Check(examples::SendSignal(getpid(), SIGTERM), "kill");
  for (;;) pause();
}

// A static object that is destroyed after everything that the library does at
// exit, and takes its time. The signal ends it.
struct SlowAtEnd {
  constexpr SlowAtEnd() = default;
  ~SlowAtEnd() {
    while (slow) pause();
  }
  bool slow = false;
};
SlowAtEnd slow_at_end;

template <class Dir>
int SignalledInExit() {
  Dir dir = MakeDir<Dir>();
  slow_at_end.slow = true;
  CallAtExit<Dir>("save state", [] {
    Stage(kBySignal);
    Check(examples::SendSignal(getpid(), SIGTERM), "kill");
    Stage("later at exit");
  });
  Stage("at exit");
  std::exit(3);
}

constexpr char kNobodyAsks[] =
    "The default action of the signal ends the process in the kernel: no "
    "destructor and no exit handler runs. The library installs signal "
    "handlers only if asked.";
constexpr char kHooksDrain[] =
    "The signal handler wakes a thread of the library, which runs the "
    "finalizers. Then the process dies by the same signal.";

constexpr Scenario kSignals[] = {
    {"sigterm",
     "SIGTERM",
     "The process is asked to end, as by kill, systemd or Kubernetes.",
     {Signalled<D, SIGTERM>, Signalled<F, SIGTERM>, Signalled<M, SIGTERM>},
     DiesBy(SIGTERM),
     {{"", nullptr, kNobodyAsks}, {"hooks", kBySignal, kHooksDrain}}},
    {"sigint",
     "SIGINT",
     "The user presses Ctrl-C.",
     {Signalled<D, SIGINT>, Signalled<F, SIGINT>, Signalled<M, SIGINT>},
     DiesBy(SIGINT),
     {{"", nullptr, kNobodyAsks}, {"hooks", kBySignal, kHooksDrain}}},
    {"sighup",
     "SIGHUP",
     "The terminal is closed.",
     {Signalled<D, SIGHUP>, Signalled<F, SIGHUP>, Signalled<M, SIGHUP>},
     DiesBy(SIGHUP),
     {{"", nullptr, kNobodyAsks}, {"hooks", kBySignal, kHooksDrain}}},
    {"sigterm-twice",
     "SIGTERM twice",
     "SIGTERM arrives twice, at once: a wrapper passes on the one that the "
     "whole process group gets, too.",
     {SignalledTwice<D>, SignalledTwice<F>, SignalledTwice<M>},
     DiesBy(SIGTERM),
     {{"", nullptr, kNobodyAsks},
      {"hooks", kBySignal,
       "Signals within half a second of the first one "
       "(ExitHooks::repeat_grace) are the same request. The finalizers run "
       "once, and the process dies by SIGTERM."}}},
    {"sigterm-again",
     "SIGTERM again, later",
     "A callback that runs at the end hangs, before the directory is removed. "
     "The user sends SIGTERM until the process is gone.",
     {SignalledAgain<D>, SignalledAgain<F>, SignalledAgain<M>},
     DiesBy(SIGTERM),
     {{"", nullptr, kNobodyAsks},
      {"hooks", nullptr,
       "A second signal more than half a second later "
       "(ExitHooks::repeat_grace) means at once: the process dies by it, and "
       "what the callback held up does not run. Without the second signal, a "
       "thread of the library would remove the directory before the time for "
       "callbacks, 20 s unless set otherwise, is over."},
      kReaperProcessDoes,
      kNextStartDoes}},
    {"sigterm-in-exit",
     "SIGTERM during exit()",
     "The program has called exit(3). SIGTERM arrives while a callback runs, "
     "before the directory is removed.",
     {SignalledInExit<D>, SignalledInExit<F>, SignalledInExit<M>},
     DiesBy(SIGTERM),
     {{"", nullptr,
       "The default action of the signal ends the process in the middle of "
       "exit()."},
      {"hooks", "later at exit",
       "The signal lets exit() run the rest of the finalizers. Then the "
       "process dies by the signal, and not with the status of exit(): its "
       "parent sees that it was stopped."}}},
    {"sigkill",
     "SIGKILL",
     "The process is killed, as by kill -9 or by the OOM killer.",
     {Signalled<D, SIGKILL>, Signalled<F, SIGKILL>, Signalled<M, SIGKILL>},
     DiesBy(SIGKILL),
     {{"", nullptr,
       "A process cannot handle SIGKILL. Only another process can remove "
       "what it leaves."},
      kReaperProcessDoes,
      kNextStartDoes}},
};

}  // namespace

Group Signals() { return {"signals", "signals", kSignals}; }

}  // namespace compare
