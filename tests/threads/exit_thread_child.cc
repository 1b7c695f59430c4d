// SPDX-License-Identifier: Apache-2.0

// A process with more than one thread when it ends.
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/process_end.h"
#include "finalize/registry.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Finalizer;
using finalize::Options;
using finalize::Registry;
using finalize_test::AwaitBlocked;
using finalize_test::AwaitInExit;
using finalize_test::AwaitInput;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::ThisThread;

// Opened once, awaited by any number of threads. Never destroyed.
class Gate {
 public:
  void Open() { open_.store(true); }
  void Await() const {
    while (!open_.load()) sched_yield();
  }

 private:
  std::atomic<bool> open_{false};
};

// Waits until a thread of this process has ended, but is not joined.
void AwaitEnded(pid_t thread) {
  const std::string path =
      "/proc/self/task/" + std::to_string(thread) + "/stat";
  for (;;) {
    char text[64] = {};
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const ssize_t size = read(file, text, sizeof(text) - 1);
    close(file);
    if (size > 0 && std::string(text).find(") Z ") != std::string::npos) return;
    sched_yield();
  }
}

[[noreturn]] void Block() {
  for (;;) pause();
}

// A thread calls exit() while main drains: the drain goes on when that thread
// is known to be parked.
Gate calls_exit;
std::atomic<pid_t> exiting_thread{0};
void SecondExit() {
  std::thread([] {
    exiting_thread = ThisThread();
    calls_exit.Await();
    std::exit(9);
  }).detach();
  while (exiting_thread == 0) sched_yield();
  AtExit(Says{"first"});
  AtExit([] {
    calls_exit.Open();
    AwaitInExit(exiting_thread);
    Say("parked");
  });
  std::exit(3);
}

// So do ten: more than there are hooks in the C library, but no more at a time.
std::atomic<int> exiting{0};
void ManyExits() {
  constexpr int kWave = 5;
  static std::atomic<pid_t> threads[2 * kWave];
  static std::atomic<int> waves{0};
  for (int i = 0; i < 2 * kWave; ++i) {
    std::thread([i] {
      threads[i] = ThisThread();
      ++exiting;
      while (waves <= i / kWave) sched_yield();
      std::exit(9);
    }).detach();
  }
  while (exiting != 2 * kWave) sched_yield();
  AtExit(Says{"first"});
  AtExit([] {
    for (int wave = 0; wave < 2; ++wave) {
      ++waves;
      for (int i = 0; i < kWave; ++i) AwaitInExit(threads[wave * kWave + i]);
    }
    Say("parked");
  });
  std::exit(3);
}

// Threads call exit() at the same moment. One of them drains, and goes on when
// the others are known to be parked.
template <int kThreads>
void Race() {
  static std::atomic<pid_t> threads[kThreads];
  AtExit(Says{"first"});
  AtExit([] {
    for (auto& thread : threads) {
      if (thread != ThisThread()) AwaitInExit(thread);
    }
    Say("alone");
  });
  AtExit(Says{"third"});
  const auto exit_together = [](int i) {
    threads[i] = ThisThread();
    ++exiting;
    while (exiting != kThreads) {
      if (kThreads > 2) sched_yield();
    }
    std::exit(3);
  };
  for (int i = 1; i < kThreads; ++i) std::thread(exit_together, i).detach();
  exit_together(0);
}

// A thread whose callback, called by Run, exits while main drains: main must
// not wait for that callback to end.
void RunningCallbackExits() {
  static Finalizer<> exits = AtExit([] {
    exiting_thread = ThisThread();
    calls_exit.Await();
    std::exit(9);
  });
  std::thread([] { exits.Run(); }).detach();
  while (exiting_thread == 0) sched_yield();
  AtExit([] {
    calls_exit.Open();
    AwaitInExit(exiting_thread);
    Say("parked");
  });
  std::exit(3);
}

void MainBlocked() {
  AtExit(Says{"ran"});
  std::thread([] { std::exit(5); }).detach();
  Block();
}

void MainEnded() {
  AtExit(Says{"ran"});
  static const pid_t main_thread = ThisThread();
  std::thread([] {
    AwaitEnded(main_thread);
    Say("main has ended");
  }).detach();
  pthread_exit(nullptr);
}

// A thread runs a finalizer when main exits: exit() waits for it. The thread
// goes on when main is known to wait.
void Waits(bool pending) {
  static Gate started;
  static std::atomic<bool> main_went_on{false};  // it waits for the gate too
  static const pid_t main_thread = ThisThread();
  static Finalizer<> running = AtExit([] {
    started.Open();
    while (!main_went_on) sched_yield();
    AwaitBlocked(main_thread, SYS_futex);
    Say("finished");
  });
  std::thread([] {
    running.Run();
    Block();
  }).detach();
  started.Await();
  if (pending) {
    AtExit([] {
      Say("pending");
      main_went_on = true;
    });
  } else {
    main_went_on = true;
  }
}
void WaitsAndDrains() { Waits(true); }
void OnlyWaits() { Waits(false); }

// Threads that do nothing but live on.
void DetachedThreads() {
  for (int i = 0; i < 3; ++i) {
    std::thread([] { Block(); }).detach();
  }
  AtExit(Says{"ran"});
}

// Threads that register for ever, and tell what was accepted and what ran.
// A finalizer that is told as accepted must have been told as run at the end.
void Tell(char event) {
  if (write(STDOUT_FILENO, &event, 1) != 1) _exit(97);
}
std::atomic<int> accepted{0};
void BusyThreads() {
  // A machine that stands still for seconds is not told of.
  finalize::ExitOptions options;
  options.deadline = absl::Minutes(10);
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
  for (int i = 0; i < 3; ++i) {
    std::thread([] {
      for (;;) {
        const auto finalizer =
            Registry::Process().TryRegister(Options(), [] { Tell('r'); });
        if (!finalizer.ok()) continue;
        Tell('a');
        // As a busy service does: most are done with before the exit.
        if (++accepted % 8 != 0) finalizer->Run();
      }
    }).detach();
  }
  while (accepted < 1000) sched_yield();
  std::exit(3);
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"second-exit", SecondExit},
       {"many-exits", ManyExits},
       {"race-of-two", Race<2>},
       {"race-of-eight", Race<8>},
       {"running-callback-exits", RunningCallbackExits},
       {"main-blocked", MainBlocked},
       {"main-ended", MainEnded},
       {"waits-and-drains", WaitsAndDrains},
       {"only-waits", OnlyWaits},
       {"detached-threads", DetachedThreads},
       {"busy-threads", BusyThreads}});
}
