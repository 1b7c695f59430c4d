// SPDX-License-Identifier: Apache-2.0

// A process that hangs behind its exit drain.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/process_end.h"
#include "tests/exit/hooked_scenario.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::ExitOptions;
using finalize_test::AwaitGate;
using finalize_test::AwaitInExit;
using finalize_test::gate;
using finalize_test::Hang;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::ThisThread;

// The drain is in time on a busy machine, too. The guard, which is tested here,
// has no other clock than the real one.
constexpr absl::Duration kDeadline = absl::Seconds(2);

void SetOptions(bool watch_whole_end) {
  ExitOptions options;
  options.deadline = kDeadline;
  options.watch_whole_end = watch_whole_end;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
}

// A static destructor joins a thread that has called exit(): never.
std::atomic<pid_t> exiting_thread{0};
void JoinsABlockedThread() {
  struct Joins {
    ~Joins() {
      Say("joins");
      thread.join();
    }
    std::thread thread;
  };
  static Joins joins;
  joins.thread = std::thread([] {
    AwaitGate();
    exiting_thread = ThisThread();
    std::exit(9);
  });
  SetOptions(false);
  AtExit([] {
    gate = true;
    AwaitInExit(exiting_thread);
    Say("blocked");
  });
  std::exit(3);
}

// The same where that thread calls exit() after the drain.
void JoinsALateThread() {
  struct Joins {
    ~Joins() {
      gate = true;
      AwaitInExit(exiting_thread);
      Say("joins");
      thread.join();
    }
    std::thread thread;
  };
  static Joins joins;
  joins.thread = std::thread([] {
    AwaitGate();
    exiting_thread = ThisThread();
    std::exit(9);
  });
  SetOptions(false);
  AtExit(Says{"ran"});
  std::exit(3);
}

void HangsInStatic(bool watch_whole_end) {
  struct Hangs {
    ~Hangs() { Hang(); }
  };
  static Hangs hangs;
  SetOptions(watch_whole_end);
  AtExit(Says{"ran"});
  std::exit(3);
}
void HangsWatched() { HangsInStatic(true); }

// Outlives the deadline by far, and ends.
void SlowStatic() {
  struct Slow {
    ~Slow() {
      const absl::Time end = absl::Now() + kDeadline + absl::Seconds(3);
      while (absl::Now() < end) sched_yield();
      Say("slow static");
    }
  };
  static Slow slow;
  SetOptions(false);
  AtExit(Says{"ran"});
  std::exit(3);
}

// The whole end is watched, and comes in time.
void EndsWatched() {
  static finalize_test::SaysAtEnd object("static");
  ExitOptions options;
  options.deadline = absl::Hours(1);
  options.watch_whole_end = true;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
  AtExit(Says{"ran"});
  std::exit(3);
}

// quick_exit() on another thread, while a static destructor hangs.
void QuickExits() {
  struct Hangs {
    ~Hangs() {
      gate = true;
      for (;;) pause();
    }
  };
  static Hangs hangs;
  SetOptions(true);
  AtExit(Says{"ran"});
  finalize_test::InstallHooks();
  std::thread([] {
    AwaitGate();
    std::quick_exit(8);
  }).detach();
  std::exit(3);
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"joins-a-blocked-thread", JoinsABlockedThread},
       {"joins-a-late-thread", JoinsALateThread},
       {"hangs-watched", HangsWatched},
       {"slow-static", SlowStatic},
       {"ends-watched", EndsWatched},
       {"quick-exits", QuickExits}});
}
