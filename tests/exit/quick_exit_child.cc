// SPDX-License-Identifier: Apache-2.0

// A process that ends by quick_exit(), with the exit hooks installed.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/process_end.h"
#include "tests/exit/hooked_scenario.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"
#include "tests/support/test_clock.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize::Options;
using finalize_test::AwaitGate;
using finalize_test::AwaitInExit;
using finalize_test::Forked;
using finalize_test::gate;
using finalize_test::Hang;
using finalize_test::InstallHooks;
using finalize_test::PutClockForward;
using finalize_test::Say;
using finalize_test::SayCause;
using finalize_test::Says;
using finalize_test::ThisThread;

// Waits until a thread of this process is blocked.
void AwaitParked(const std::atomic<pid_t>& thread) { AwaitInExit(thread); }

void QuickExit() {
  std::at_quick_exit([] { Say("quick_exit handler before"); });
  std::atexit([] { Say("exit handler"); });
  AtExit(SayCause);
  InstallHooks();
  std::at_quick_exit([] { Say("quick_exit handler after"); });
  std::quick_exit(7);
}

void NotAskedFor() {
  AtExit(SayCause);
  if (!finalize::InstallExitHooks().ok()) _exit(95);
  std::quick_exit(7);
}

void QuickExitInCallback() {
  AtExit(SayCause);
  AtExit([] { std::quick_exit(8); });
  AtExit(Says{"third"});
  InstallHooks();
  std::quick_exit(7);
}

void ExitInCallback() {
  AtExit(SayCause);
  AtExit([] { std::exit(8); });
  AtExit(Says{"third"});
  InstallHooks();
  std::quick_exit(7);
}

void QuickExitInExitDrain() {
  AtExit(SayCause);
  AtExit([] { std::quick_exit(8); });
  AtExit(Says{"third"});
  InstallHooks();
  std::exit(7);
}

// More threads than there are hooks in the C library, but no more at a time.
void OnOtherThreads(void (*end)(int)) {
  constexpr int kWave = 5;
  static std::atomic<pid_t> threads[2 * kWave];
  static std::atomic<int> waves{0};
  for (int i = 0; i < 2 * kWave; ++i) {
    std::thread([i, end] {
      threads[i] = ThisThread();
      while (waves <= i / kWave) sched_yield();
      end(9);
    }).detach();
  }
  AtExit(SayCause);
  AtExit([] {
    for (int wave = 0; wave < 2; ++wave) {
      ++waves;
      for (int i = 0; i < kWave; ++i) AwaitParked(threads[wave * kWave + i]);
    }
    Say("blocked");
  });
  InstallHooks();
}
void ManyQuickExits() {
  OnOtherThreads(std::quick_exit);
  std::quick_exit(7);
}
void ExitsInQuickExit() {
  OnOtherThreads(std::exit);
  std::quick_exit(7);
}
void QuickExitsInExit() {
  OnOtherThreads(std::quick_exit);
  std::exit(7);
}

// quick_exit() cuts off a static destructor that hangs in exit().
void QuickExitAfterExitDrain() {
  struct Hangs {
    ~Hangs() {
      gate = true;
      for (;;) pause();
    }
  };
  static Hangs hangs;
  finalize::ExitOptions options;
  options.deadline = absl::Seconds(60);
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
  AtExit(SayCause);
  InstallHooks();
  std::thread([] {
    AwaitGate();
    std::quick_exit(8);
  }).detach();
  std::exit(7);
}

void QuickExitHangs() {
  AtExit(Options("hanging one"), [] {
    PutClockForward(absl::Hours(2));
    Hang();
  });
  InstallHooks(absl::Hours(1));
  std::quick_exit(7);
}

void QuickExitFails() {
  finalize::ExitOptions options;
  options.failure_exit_code = 9;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
  std::at_quick_exit([] { Say("quick_exit handler"); });
  AtExit([] { throw 1; });
  InstallHooks();
  std::quick_exit(7);
}

// A child registers its own, and ends by quick_exit(), with the hooks of its
// parent or with its own.
void QuickExitInChild(bool installs) {
  AtExit(Says{"of the parent"});
  InstallHooks();
  const pid_t child = Forked(fork());
  if (child == 0) {
    AtExit(Says{"of the child"});
    if (installs) InstallHooks();
    std::quick_exit(5);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Say("child exited with " + std::to_string(WEXITSTATUS(status)));
  std::quick_exit(7);
}
void ChildInherits() { QuickExitInChild(false); }
void ChildInstalls() { QuickExitInChild(true); }

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"quick-exit", QuickExit},
       {"not-asked-for", NotAskedFor},
       {"quick-exit-in-callback", QuickExitInCallback},
       {"exit-in-callback", ExitInCallback},
       {"quick-exit-in-exit-drain", QuickExitInExitDrain},
       {"many-quick-exits", ManyQuickExits},
       {"exits-in-quick-exit", ExitsInQuickExit},
       {"quick-exits-in-exit", QuickExitsInExit},
       {"quick-exit-after-exit-drain", QuickExitAfterExitDrain},
       {"quick-exit-hangs", QuickExitHangs},
       {"quick-exit-fails", QuickExitFails},
       {"child-inherits", ChildInherits},
       {"child-installs", ChildInstalls}});
}
