// SPDX-License-Identifier: Apache-2.0

// A process whose exit drain outlives its deadline, or nearly.
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <string>

#include "absl/base/config.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/lifetime.h"
#include "finalize/process_end.h"
#include "finalize/registry.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"
#include "tests/support/test_clock.h"

namespace {

using finalize::AtExit;
using finalize::ExitOptions;
using finalize::Options;
using finalize::Registry;
using finalize_test::Forked;
using finalize_test::PutClockForward;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::StopClock;

// Far more than a drain needs: the scenarios put the clock forward.
constexpr absl::Duration kDeadline = absl::Hours(1);

// Hangs for ever, and past the deadline.
void Hang() {
  Say("hangs");
  PutClockForward(2 * kDeadline);
  for (;;) pause();
}

void SetDeadline(absl::Duration deadline, int threads = 0,
                 int failure_exit_code = 0) {
  ExitOptions options;
  options.deadline = deadline;
  options.notice = absl::InfiniteDuration();  // a clock put forward passes it
  options.threads = threads;
  options.failure_exit_code = failure_exit_code;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
}

// Passes the deadline, but not the time at which the watchdog acts. The drain
// has that to itself.
void OutliveDeadline() {
  StopClock();
  PutClockForward(finalize::ExitTimeLeft() + absl::Milliseconds(1));
}

void Hangs() {
  SetDeadline(kDeadline);
  AtExit(Options("left one"), Says{"left"});
  AtExit(Options("hanging one"), Hang);
  AtExit(Says{"ran"});
  std::exit(3);
}

// With a name that would forge a line and clear the screen, at such a place.
void HangsUnderOddName() {
  static constexpr char kForged[] = "d\nfinalize: all is well\x1b[2J";
  SetDeadline(kDeadline);
  AtExit(Options(kForged).set_place({kForged, 7}), Says{"left"});
  AtExit(Options(kForged).set_place({kForged, 7}), Hang);
}

void HangsInDestructorOfCallback() {
  struct Hanging {
    Hanging() = default;
    Hanging(Hanging&&) noexcept {}
    ~Hanging() {
      if (armed) Hang();
    }
    void operator()() { armed = true; }
    bool armed = false;
  };
  SetDeadline(kDeadline);
  AtExit(Options("hanging one"), Hanging());
}

// Standard error is a full pipe that nobody reads.
void HangsWithoutReader() {
  SetDeadline(kDeadline);
  int ends[2];
  if (pipe2(ends, O_NONBLOCK) != 0) _exit(97);
  while (write(ends[1], "x", 1) == 1) {
  }
  fcntl(ends[1], F_SETFL, 0);
  dup2(ends[1], STDERR_FILENO);
  AtExit(Hang);
}

// The fork hook of the library, registered later, has run before this one: the
// thread that hangs holds every lock.
void HangsInForkHook() {
  pthread_atfork(Hang, nullptr, nullptr);
  SetDeadline(kDeadline);
  AtExit(Options("forking one"), [] { Forked(fork()); });
}

// In a child registry, with some more behind it.
void HangsInChild() {
  SetDeadline(kDeadline);
  for (int i = 0; i < 3; ++i) AtExit(Options("left"), Says{"left"});
  static Registry& child = *new Registry(Registry::Process(), "child");
  child.Register(Options("left in child"), Says{"left"});
  child.Register(Options("hanging in child"), Hang);
}

void HangsBeforeMany() {
  SetDeadline(kDeadline);
  for (int i = 0; i < 30; ++i) AtExit(Options("left"), Says{"left"});
  AtExit(Hang);
}

void LeavesTheRest(int failure_exit_code) {
  SetDeadline(kDeadline, 0, failure_exit_code);
  static finalize::Lifetime lifetime;
  AtExit(Options("left one"), Says{"left"});
  finalize::OnDestroy(lifetime, Options("on lifetime"), Says{"lifetime"});
  AtExit(Options().set_at_exit(false), Says{"skipped"});
  AtExit("late one", OutliveDeadline);
  AtExit(Says{"ran"});
}
void Leaves() { LeavesTheRest(0); }

void LeavesInChild() {
  SetDeadline(kDeadline);
  static Registry& child = *new Registry(Registry::Process(), "child");
  child.Register(Options("left in child"), Says{"left"});
  child.Register(OutliveDeadline);
  child.Register(Options("not at exit").set_at_exit(false), Says{"skipped"});
}
void LeavesWithFailureCode() { LeavesTheRest(9); }

// Says how many. The sanitizers take long to write them.
void LeavesMany() {
#if defined(ABSL_HAVE_ADDRESS_SANITIZER) || defined(ABSL_HAVE_THREAD_SANITIZER)
  constexpr int kMany = 300;
#else
  constexpr int kMany = 3000;
#endif
  Say(std::to_string(kMany));
  SetDeadline(kDeadline);
  for (int i = 0; i < kMany; ++i) AtExit(Options("left"), Says{"left"});
  AtExit(OutliveDeadline);
}

void RegistersForEver() {
  SetDeadline(kDeadline);
  struct Again {
    void operator()() const {
      static int runs = 0;
      if (++runs == 1000) OutliveDeadline();
      AtExit(Options("again"), Again());
    }
  };
  AtExit(Options("last"), Says{"left"});
  AtExit(Options("again"), Again());
}

void RegistersPastDeadline() {
  SetDeadline(kDeadline);
  struct Registers {
    ~Registers() {
      OutliveDeadline();
      Say(AtExit(Options("late"), Says{"late"}).alive() ? "accepted"
                                                        : "refused");
      AtExit(Options("run now").set_if_closed(finalize::IfClosed::kRunNow),
             Says{"run now"});
      Say(Registry::Process()
              .TryRegister(Options(), [] {})
              .status()
              .ToString());
    }
  };
  static Registers registers;
  AtExit(Says{"ran"});
}

// The drain ends in time, within a callback's exit(); a static destructor
// outlives the deadline and the watchdog's margin.
void NestedExitThenSlowStatic() {
  static constexpr absl::Duration kShort = absl::Seconds(2);
  SetDeadline(kShort);
  struct Slow {
    ~Slow() {
      const absl::Time end = absl::Now() + kShort + absl::Seconds(1.4);
      while (absl::Now() < end) sched_yield();
      Say("slow static");
    }
  };
  static Slow slow;
  AtExit(Says{"first"});
  AtExit([] { std::exit(4); });
}

void ThreadStuck() {
  SetDeadline(kDeadline, /*threads=*/2);
  static std::atomic<bool> ran{false};
  AtExit(Options("low").set_phase(-1), Says{"low"});
  AtExit(Options("stuck one"), [] {
    while (!ran) sched_yield();
    Say("hangs");
    OutliveDeadline();
    for (;;) pause();
  });
  AtExit([] {
    Say("ran");
    ran = true;
  });
  std::exit(3);
}

// exit() in callbacks on every helper thread does not hold the drain up.
void ThreadsExit() {
  SetDeadline(absl::Hours(1), /*threads=*/2);
  AtExit(Options().set_phase(-1), Says{"low"});
  for (int i = 0; i < 8; ++i) {
    AtExit([] {
      Say("exits");
      std::exit(5);
    });
  }
  std::exit(3);
}

// An ordinary drain on helper threads, one of which calls exit().
void ExitOnHelperThread() {
  SetDeadline(absl::Hours(1));
  AtExit(Says{"process registry"});
  auto* registry = new Registry();
  registry->Register([] { std::exit(5); });
  finalize::DrainOptions options;
  options.threads = 1;
  registry->Drain(options);
  for (;;) pause();
}

// For another user than root. What comes after the drain (LeakSanitizer) may
// start threads, and look at the process, again.
void NoThreads() {
  if (setgid(65534) != 0 || setuid(65534) != 0) _exit(97);
  prctl(PR_SET_DUMPABLE, 1);
  static rlimit before;
  getrlimit(RLIMIT_NPROC, &before);
  std::atexit([] { setrlimit(RLIMIT_NPROC, &before); });
  const rlimit none = {0, before.rlim_max};
  setrlimit(RLIMIT_NPROC, &none);
  AtExit(Says{"ran"});
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"hangs-in-child", HangsInChild},
       {"hangs-before-many", HangsBeforeMany},
       {"hangs", Hangs},
       {"hangs-under-odd-name", HangsUnderOddName},
       {"hangs-in-destructor-of-callback", HangsInDestructorOfCallback},
       {"hangs-without-reader", HangsWithoutReader},
       {"hangs-in-fork-hook", HangsInForkHook},
       {"leaves", Leaves},
       {"leaves-in-child", LeavesInChild},
       {"leaves-with-failure-code", LeavesWithFailureCode},
       {"leaves-many", LeavesMany},
       {"registers-for-ever", RegistersForEver},
       {"registers-past-deadline", RegistersPastDeadline},
       {"nested-exit-then-slow-static", NestedExitThenSlowStatic},
       {"thread-stuck", ThreadStuck},
       {"threads-exit", ThreadsExit},
       {"exit-on-helper-thread", ExitOnHelperThread},
       {"no-threads", NoThreads}});
}
