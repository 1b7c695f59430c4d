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
    "destructor and no exit handler runs. The library installs no signal "
    "handler unasked.";
constexpr char kHooksDrain[] =
    "The signal's handler wakes a thread of the library's, which runs the "
    "finalizers; then the process dies by that same signal.";

constexpr Scenario kSignals[] = {
    {"sigterm",
     "SIGTERM",
     "The process is asked to end, as by kill, systemd or Kubernetes.",
     {Signalled<D, SIGTERM>, Signalled<F, SIGTERM>},
     DiesBy(SIGTERM),
     {{"", nullptr, kNobodyAsks}, {"hooks", kBySignal, kHooksDrain}}},
    {"sigint",
     "SIGINT",
     "Somebody presses Ctrl-C.",
     {Signalled<D, SIGINT>, Signalled<F, SIGINT>},
     DiesBy(SIGINT),
     {{"", nullptr, kNobodyAsks}, {"hooks", kBySignal, kHooksDrain}}},
    {"sighup",
     "SIGHUP",
     "The terminal goes away.",
     {Signalled<D, SIGHUP>, Signalled<F, SIGHUP>},
     DiesBy(SIGHUP),
     {{"", nullptr, kNobodyAsks}, {"hooks", kBySignal, kHooksDrain}}},
    {"sigkill",
     "SIGKILL",
     "The process is killed, as by kill -9 or for want of memory.",
     {Signalled<D, SIGKILL>, Signalled<F, SIGKILL>},
     DiesBy(SIGKILL),
     {{"", nullptr,
       "Nothing in a process can see SIGKILL. Only somebody else can "
       "remove what it leaves."},
      kReaperProcessDoes,
      kNextStartDoes}},
};

}  // namespace

Group Signals() { return {"signals", "signals", kSignals}; }

}  // namespace compare
