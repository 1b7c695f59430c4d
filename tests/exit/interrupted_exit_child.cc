// SPDX-License-Identifier: Apache-2.0

// A process whose signal handler calls exit() in the middle of something. Its
// tracer (interrupted_exit_test.cc) steps it from one mark to the next, and
// sends the signal on the way.
#include <signal.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/finalizer.h"
#include "finalize/process_end.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Finalizer;
using finalize::Options;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;

void Mark() { asm volatile("int3"); }

void ExitInHandler(int) { std::exit(3); }

// Another thread has a finalizer pending, on a lane of its own; it lives on, so
// that malloc() takes its locks.
void Prepare() {
  finalize::ExitOptions options;
  options.deadline = absl::Milliseconds(300);
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
  static bool ready = false;
  std::thread([] {
    AtExit(Options("of another thread"), Says{"of another thread"});
    __atomic_store_n(&ready, true, __ATOMIC_RELEASE);
    for (;;) pause();
  }).detach();
  while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) sched_yield();
  signal(SIGUSR1, ExitInHandler);
  Require(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0, "traced");
}

void Nothing() {}

void Registration() {
  Prepare();
  for (int i = 0; i < 3; ++i) AtExit(Nothing);  // symbols are looked up
  Mark();
  AtExit(Nothing);
  Mark();
}

void Detachment() {
  Prepare();
  AtExit(Nothing).Detach();
  Finalizer<> finalizer = AtExit(Nothing);
  Mark();
  finalizer.Detach();
  Mark();
}

// The first registration of this size takes nodes from the central list.
void SlabRefill() {
  Prepare();
  AtExit(Nothing);
  struct Large {
    void operator()() const {}
    char bytes[300];
  };
  Mark();
  AtExit(Large());
  Mark();
}

// Neither chunk comes from the thread's own cache.
void Malloc() {
  Prepare();
  AtExit(Nothing);
  free(malloc(3000));
  void* volatile between = malloc(20);
  Mark();
  void* volatile memory = malloc(5000);
  free(memory);
  Mark();
  free(between);
}

// exit() itself.
void Exit() {
  Prepare();
  AtExit(Says{"of this thread"});
  Mark();
  std::exit(3);
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(argc, argv,
                                    {{"registration", Registration},
                                     {"detachment", Detachment},
                                     {"slab-refill", SlabRefill},
                                     {"malloc", Malloc},
                                     {"exit", Exit}});
}
