// SPDX-License-Identifier: Apache-2.0

// A process that drains on one thread while another waits in exit().
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/internal/end/end_state.h"
#include "finalize/process_end.h"
#include "tests/exit/hooked_scenario.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/exit_lock.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"
#include "tests/support/test_clock.h"

namespace {

using finalize::AtExit;
using finalize::Options;
using finalize_test::AwaitInExit;
using finalize_test::AwaitInput;
using finalize_test::Forked;
using finalize_test::InstallHooks;
using finalize_test::PutClockForward;
using finalize_test::Say;
using finalize_test::SayCause;
using finalize_test::Says;
using finalize_test::StopClock;
using finalize_test::ThisThread;

constexpr absl::Duration kLong = absl::Hours(10);

std::atomic<pid_t> main_thread{0};
std::atomic<bool> draining{false};

void SetOptions(absl::Duration deadline, absl::Duration take_over) {
  finalize::ExitOptions options;
  options.deadline = deadline;
  options.take_over = take_over;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
}

// For a callback: main calls exit() now, and is known to wait in it.
void HaveMainExit() {
  draining = true;
  AwaitInExit(main_thread);
}

// The last callback of a drain that waits for a stuck one until the deadline.
// The watchdog, which comes a second later, never does.
void PassDeadline() {
  StopClock();
  PutClockForward(finalize::ExitTimeLeft() + absl::Milliseconds(1));
}

// SIGTERM comes, and main calls exit() when a callback has it do so.
void EndTwice(absl::Duration deadline) {
  main_thread = ThisThread();
  InstallHooks(deadline);
  raise(SIGTERM);
  while (!draining) sched_yield();
  std::exit(3);
}

// A callback of the signal's drain calls exit() while main is in it.
void CallbackExits() {
  SetOptions(kLong, absl::InfiniteDuration());
  AtExit(SayCause);
  AtExit(Options("exiting one"), [] {
    HaveMainExit();
    std::exit(4);
  });
  AtExit(Says{"third"});
  EndTwice(kLong);
}

// So does every second one of many.
void CallbacksExit() {
  SetOptions(kLong, absl::InfiniteDuration());
  AtExit(SayCause);
  for (int i = 0; i < 3; ++i) {
    AtExit([] { std::exit(4); });
    AtExit(Says{"between"});
  }
  AtExit([] {
    HaveMainExit();
    std::exit(4);
  });
  EndTwice(kLong);
}

// A third thread forks all the while.
void CallbackExitsWhileForking() {
  std::thread([] {
    for (;;) {
      const pid_t child = Forked(fork());
      if (child == 0) _exit(0);
      waitpid(child, nullptr, 0);
    }
  }).detach();
  CallbackExits();
}

// A callback on a helper thread of the signal's drain.
void HelperExits() {
  finalize::ExitOptions options;
  options.deadline = kLong;
  options.threads = 2;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
  AtExit(Options().set_phase(-1), SayCause);
  AtExit(Options("exiting one"), [] {
    HaveMainExit();
    std::exit(4);
  });
  EndTwice(kLong);
}

// A callback takes its time: it ends when the others have run.
std::atomic<bool> others_ran{false};
void SlowCallback() {
  SetOptions(kLong, absl::Milliseconds(1));
  AtExit([] {
    Say("first");
    others_ran = true;
  });
  AtExit(Options("slow one"), [] {
    HaveMainExit();
    while (!others_ran) sched_yield();
    Say("slow one ends");
  });
  AtExit(Says{"third"});
  EndTwice(kLong);
}

// A slow callback returns, or calls exit(), when main is just taking the drain
// over. If main asks the kernel for its thread id then, it is held up until the
// next callback begins, or the thread of the slow one is blocked (see below).
std::atomic<pid_t> slow_thread{0};
std::atomic<bool> next_began{false};

bool IsInSlowCallback() {
  return (finalize_internal::ViewDrain().steps & 1) != 0;
}

void HoldTakerUp() {
  constexpr int kPatience = 10000;
  static std::atomic<bool> once{false};
  if (slow_thread == 0 || IsInSlowCallback() || once.exchange(true)) return;
  for (int i = 0; i < kPatience && !next_began; ++i) {
    if (finalize_test::IsBlocked(slow_thread, SYS_pause) ||
        finalize_test::SleepsInExit(slow_thread)) {
      return;
    }
    sched_yield();
  }
}

void NoteCall(long number, long result) {
  if (number == SYS_gettid && result == main_thread) HoldTakerUp();
}

void EndSlowCallbackAtTheTakeOver(void (*how)()) {
  finalize_test::ObserveCalls(NoteCall);
  SetOptions(kLong, absl::Milliseconds(1));
  AtExit([] {
    next_began = true;
    Say(ThisThread() == main_thread ? "next" : "next, on another thread");
  });
  AtExit(Options("slow one"), [how] {
    slow_thread = ThisThread();
    draining = true;
    while (IsInSlowCallback()) sched_yield();
    SetOptions(kLong, absl::InfiniteDuration());  // none is slow any more
    how();
  });
  EndTwice(kLong);
}
void ReturnAtTheTakeOver() {
  EndSlowCallbackAtTheTakeOver([] {});
}
void ExitAtTheTakeOver() {
  EndSlowCallbackAtTheTakeOver([] { std::exit(4); });
}

// Two callbacks take their time. The thread of the first is blocked when it has
// come back; then a third thread calls exit(), while the second callback runs.
std::atomic<bool> second_began{false}, last_ran{false};
std::atomic<pid_t> first_thread{0};
void SlowCallbackAfterASlowOne() {
  SetOptions(kLong, absl::Milliseconds(1));
  AtExit([] {
    Say("last");
    last_ran = true;
  });
  AtExit(Options("second slow one"), [] {
    second_began = true;
    finalize_test::AwaitBlocked(first_thread, SYS_pause);
    std::thread([] { std::exit(5); }).detach();
    if (finalize_test::ExitHasALock()) PutClockForward(2 * kLong);
    while (!last_ran) sched_yield();
  });
  AtExit(Options("first slow one"), [] {
    first_thread = ThisThread();
    draining = true;  // main calls exit(), and soon runs the second one
    while (!second_began) sched_yield();
  });
  EndTwice(kLong);
}

// Two threads in exit() notice that a callback is slow. The first that takes
// the drain over is held up before its first callback, where it adds a hook,
// until the other one has looked a few times.
std::atomic<bool> holds_up{false};
std::atomic<int> takers{0};
std::atomic<pid_t> second_thread{0};
constexpr int kLooks = 8;

// A thread adds one hook before it stands by, and one when it has taken over.
void NoteHook() {
  thread_local int hooks = 0;
  if (!holds_up || ++hooks < 2) return;
  if (takers++ > 0) return Say("taken over twice");
  const std::atomic<pid_t>& other =
      ThisThread() == main_thread ? second_thread : main_thread;
  while (other == 0) sched_yield();
  const int seen = finalize_test::CountSleeps(other);
  while (takers == 1 && finalize_test::CountSleeps(other) < seen + kLooks) {
    sched_yield();
  }
  SetOptions(kLong, absl::InfiniteDuration());  // no callback is slow any more
}

void TwoStandBy() {
  SetOptions(kLong, absl::Milliseconds(1));
  AtExit(PassDeadline);
  static std::atomic<int> running{0};
  for (int i = 0; i < 100; ++i) {
    AtExit([] {
      if (running++ > 0) Say("at once");
      sched_yield();
      --running;
    });
  }
  AtExit(Options("slow one"), [] {
    holds_up = !finalize_test::ExitHasALock();
    std::thread([] {
      second_thread = ThisThread();
      std::exit(5);
    }).detach();
    draining = true;
    for (;;) pause();
  });
  EndTwice(kLong);
}

// A child that is forked in a callback ends by a signal itself. Its drain is in
// a destructor, and in no callback.
struct Destroyed {
  ~Destroyed() {
    static std::atomic<int> destroyed{0};
    static std::atomic<pid_t> thread{0};
    if (destroyed++ > 0) {
      if (thread != ThisThread()) Say("on another thread");
      return;
    }
    thread = ThisThread();
    HaveMainExit();
    const int seen = finalize_test::CountSleeps(main_thread);
    while (destroyed == 1 &&
           finalize_test::CountSleeps(main_thread) < seen + kLooks) {
      sched_yield();
    }
  }
};

void EndInChild() {
  SetOptions(kLong, absl::Milliseconds(1));
  for (int i = 0; i < 2; ++i) {
    AtExit(Options().set_at_exit(false),
           [destroyed = std::make_unique<Destroyed>()] {});
  }
  EndTwice(kLong);
}

void ForkInACallback() {
  AtExit([] {
    const pid_t child = Forked(fork());
    if (child == 0) EndInChild();
    int status = 0;
    waitpid(child, &status, 0);
    Say("child ended by " + std::to_string(WTERMSIG(status)));
  });
  std::exit(0);
}

// The thread that takes the drain over ends the process by std::terminate(),
// whose handler takes longer than the guard, which has the real clock, grants
// to a blocked thread: the deadline and 3 s.
void SlowTerminateHandler() {
  static constexpr absl::Duration kDeadline = absl::Seconds(3);
  std::set_terminate([] {
    const absl::Time end = absl::Now() + absl::Seconds(7);
    while (absl::Now() < end) sched_yield();
    Say("handler");
    _exit(6);
  });
  main_thread = ThisThread();
  SetOptions(kDeadline, absl::Milliseconds(1));
  InstallHooks(kDeadline);
  AtExit(PassDeadline);
  AtExit(Options("stuck one"), [] {
    HaveMainExit();
    for (;;) pause();
  });
  std::thread([] { std::terminate(); }).detach();
  while (!draining) sched_yield();
  std::exit(3);
}

// It never ends.
void StuckCallback() {
  SetOptions(kLong, absl::Milliseconds(1));
  AtExit(PassDeadline);
  AtExit(SayCause);
  AtExit(Options("stuck one"), [] {
    HaveMainExit();
    for (;;) AwaitInput();
  });
  EndTwice(kLong);
}

// Nothing is taken over from callbacks that only follow each other.
void QuickCallbacks() {
  SetOptions(kLong, absl::Minutes(10));
  static std::atomic<pid_t> threads{0};
  AtExit(SayCause);
  for (int i = 0; i < 1000; ++i) {
    AtExit([] {
      if (threads != ThisThread()) Say("on another thread");
    });
  }
  AtExit([] {
    threads = ThisThread();
    HaveMainExit();
  });
  EndTwice(kLong);
}

}  // namespace

// The linker has every object call these in place of atexit() (BUILD).
extern "C" int __real_atexit(void (*)());          // NOLINT
extern "C" int __wrap_atexit(void (*handler)()) {  // NOLINT
  NoteHook();
  return __real_atexit(handler);
}
int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"callback-exits", CallbackExits},
       {"callbacks-exit", CallbacksExit},
       {"callback-exits-while-forking", CallbackExitsWhileForking},
       {"helper-exits", HelperExits},
       {"slow-callback", SlowCallback},
       {"return-at-the-take-over", ReturnAtTheTakeOver},
       {"exit-at-the-take-over", ExitAtTheTakeOver},
       {"slow-callback-after-a-slow-one", SlowCallbackAfterASlowOne},
       {"two-stand-by", TwoStandBy},
       {"fork-in-a-callback", ForkInACallback},
       {"slow-terminate-handler", SlowTerminateHandler},
       {"stuck-callback", StuckCallback},
       {"quick-callbacks", QuickCallbacks}});
}
