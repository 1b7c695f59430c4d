// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <unistd.h>

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
