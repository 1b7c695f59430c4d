// SPDX-License-Identifier: Apache-2.0

// Threads and processes that end with finalizers of AtThreadExit.
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "finalize/adopt_after_fork.h"
#include "finalize/at_exit.h"
#include "finalize/registry.h"
#include "finalize/thread_exit.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::AtThreadExit;
using finalize::Cause;
using finalize::Options;
using finalize_test::Forked;
using finalize_test::Latch;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::SaysAtEnd;

// A callback that says a word and why.
struct SaysWhy {
  void operator()(const Cause& cause) const {
    Say(std::string(word) + ": " + cause.ToString());
  }
  const char* word;
};

// main's thread_locals end before the atexit handlers.
void MainReturns() {
  static SaysAtEnd static_object("static object");
  AtExit(SaysWhy{"process"});
  AtThreadExit(SaysWhy{"main, first"});
  AtThreadExit(SaysWhy{"main, second"});
}

void MainExits() {
  AtExit(SaysWhy{"process"});
  AtThreadExit(SaysWhy{"main"});
  std::exit(3);
}

// Another thread calls exit(): main never ends, nor does a blocked thread.
void OtherExits() {
  static Latch& registered = *new Latch;
  static Latch& never = *new Latch;
  AtThreadExit(SaysWhy{"main"});
  std::thread([] {
    AtThreadExit(SaysWhy{"blocked"});
    registered.CountDown();
    never.Wait();
  }).detach();
  registered.Wait();
  std::thread([] {
    AtThreadExit(SaysWhy{"exits"});
    std::exit(3);
  }).detach();
  never.Wait();
}

// A detached thread still runs when main ends.
void DetachedThread() {
  static Latch& registered = *new Latch;
  static Latch& never = *new Latch;
  std::thread([] {
    AtThreadExit(SaysWhy{"detached"});
    AtThreadExit(Options("kept").set_at_exit(false), SaysWhy{"never"});
    registered.CountDown();
    never.Wait();
  }).detach();
  registered.Wait();
}

void MainEndsByPthreadExit() {
  AtThreadExit(SaysWhy{"main"});
  AtExit(SaysWhy{"process"});
  static Latch& main_ended = *new Latch;
  AtThreadExit(Options().set_phase(-1), [] { main_ended.CountDown(); });
  std::thread([] {
    main_ended.Wait();
    std::exit(4);
  }).detach();
  pthread_exit(nullptr);
}

// Called in a callback, exit() never returns to the end of the thread.
void ExitInCallback() {
  AtThreadExit(SaysWhy{"older"});
  AtThreadExit([] {
    Say("exits");
    std::exit(5);
  });
  AtExit(SaysWhy{"process"});
}

void ExitInCallbackOfThread() {
  AtThreadExit(SaysWhy{"main"});
  std::thread([] {
    AtThreadExit(SaysWhy{"older"});
    AtThreadExit([] {
      Say("exits");
      std::exit(6);
    });
  }).join();
}

// The child's only thread has registered nothing.
void ForkedThread() {
  AtThreadExit(SaysWhy{"main"});
  std::thread([] {
    auto inherited = AtThreadExit(SaysWhy{"thread of the parent"});
    const pid_t child = Forked(fork());
    if (child == 0) {
      Require(!inherited.alive(), "inherited");
      AtThreadExit(Options().set_phase(-1), SaysWhy{"child, low"});
      AtThreadExit(SaysWhy{"child"});
      std::exit(0);
    }
    int status = 0;
    Require(waitpid(child, &status, 0) == child && status == 0, "child");
  }).join();
}

// A daemonizing child goes on with what its thread had registered.
void AdoptedThread() {
  static Latch& registered = *new Latch;
  static Latch& never = *new Latch;
  std::thread([] {
    AtThreadExit(SaysWhy{"other thread"});
    registered.CountDown();
    never.Wait();
  }).detach();
  registered.Wait();
  std::thread([] {
    AtThreadExit(SaysWhy{"forking thread"});
    if (Forked(fork()) != 0) _exit(7);
    Require(*finalize::AdoptAfterFork() == 2, "adopted");
    AtThreadExit(SaysWhy{"child"});
    std::exit(0);
  }).join();
}

// A thread registers when main's thread_locals and the exit drain have ended.
void ThreadOutlivesMain() {
  static Latch& main_is_gone = *new Latch;
  static Latch& done = *new Latch;
  struct Last {
    ~Last() {
      main_is_gone.CountDown();
      done.Wait();
    }
  };
  static Last last;  // older than the first registration
  std::thread([] {
    main_is_gone.Wait();
    std::thread([] {
      AtThreadExit(SaysWhy{"late thread"});
      AtExit(SaysWhy{"late"});
    }).join();
    AtThreadExit(SaysWhy{"never ends"});
    done.CountDown();
    for (;;) pause();
  }).detach();
  AtExit(SaysWhy{"process"});
}

// Threads come and go while the process exits: each finalizer runs once.
void ExitRace() {
  static std::atomic<int> registered{0};
  for (int t = 0; t < 4; ++t) {
    std::thread([] {
      for (;;) {
        std::atomic<bool> done{false};
        std::thread([&done] {
          Options options;
          options.set_if_closed(finalize::IfClosed::kRunNow);
          auto ran = std::make_shared<std::atomic<bool>>(false);
          AtThreadExit(options, [ran] {
            Require(!*ran, "once");
            *ran = true;
          });
          ++registered;
          done = true;
        }).detach();
        while (!done) sched_yield();
      }
    }).detach();
  }
  while (registered < 100) sched_yield();
  AtExit(Options().set_phase(-1), [] { Say("drained"); });
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"main-returns", MainReturns},
       {"main-exits", MainExits},
       {"other-exits", OtherExits},
       {"detached-thread", DetachedThread},
       {"main-pthread-exits", MainEndsByPthreadExit},
       {"exit-in-callback", ExitInCallback},
       {"exit-in-callback-of-thread", ExitInCallbackOfThread},
       {"forked-thread", ForkedThread},
       {"adopted-thread", AdoptedThread},
       {"thread-outlives-main", ThreadOutlivesMain},
       {"exit-race", ExitRace}});
}
