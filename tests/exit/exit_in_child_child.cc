// SPDX-License-Identifier: Apache-2.0

// A process that forks while another of its threads is in exit().
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_in_child.h"
#include "finalize/process_end.h"
#include "tests/exit/hooked_scenario.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::ExitInChild;
using finalize::ExitOptions;
using finalize::Options;
using finalize_test::AwaitGate;
using finalize_test::Forked;
using finalize_test::gate;
using finalize_test::Say;
using finalize_test::Says;

std::atomic<bool> child_has_ended{false};

// Runs child() in a child that is forked by another thread while main is in the
// exit drain, and says how it ended.
void ForkInExit(void (*child)()) {
  static void (*run)();
  run = child;
  AtExit(Says{"of the parent"});
  AtExit([] {
    gate = true;
    while (!child_has_ended) sched_yield();
  });
  std::thread([] {
    AwaitGate();
    const pid_t pid = Forked(fork());
    if (pid == 0) {
      run();
      _exit(96);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    Say("child exited with " + std::to_string(WEXITSTATUS(status)));
    child_has_ended = true;
  }).detach();
  std::exit(3);
}

void RunsItsOwn() {
  ForkInExit([] {
    AtExit(Says{"first of the child"});
    AtExit(Says{"second of the child"});
    ExitInChild(5);
  });
}

void Flushes() {
  ForkInExit([] {
    AtExit([] { printf("printed in a callback\n"); });
    printf("printed\n");
    ExitInChild(5);
  });
}

// Another thread of the child sits in getline(), and holds its stream.
void HoldsStream() {
  ForkInExit([] {
    printf("printed\n");
    std::thread([] {
      flockfile(stdin);
      gate = false;
      for (;;) pause();
    }).detach();
    while (gate) sched_yield();
    ExitInChild(5);
  });
}

void Fails() {
  ForkInExit([] {
    ExitOptions options;
    options.failure_exit_code = 9;
    finalize_test::Require(finalize::SetExitOptions(options).ok(),
                           "SetExitOptions");
    AtExit([] { throw 1; });
    ExitInChild(5);
  });
}

void CallbackExits() {
  ForkInExit([] {
    ExitOptions options;
    options.deadline = absl::Milliseconds(100);
    finalize_test::Require(finalize::SetExitOptions(options).ok(),
                           "SetExitOptions");
    AtExit(Options("exiting one"), [] { std::exit(6); });
    ExitInChild(5);
  });
}

void NoChild() {
  static finalize_test::SaysAtEnd static_object("static object");
  AtExit(Says{"ran"});
  ExitInChild(5);
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(argc, argv,
                                    {{"runs-its-own", RunsItsOwn},
                                     {"flushes", Flushes},
                                     {"holds-stream", HoldsStream},
                                     {"fails", Fails},
                                     {"callback-exits", CallbackExits},
                                     {"no-child", NoChild}});
}
