// SPDX-License-Identifier: Apache-2.0

// A process that makes others in every way there is.
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "finalize/at_exit.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/thread_exit.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Finalizer;
using finalize::Options;
using finalize::Registry;
using finalize_test::Forked;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;

void Await(pid_t child, int code) {
  int status = 0;
  Require(waitpid(child, &status, 0) == child, "waitpid");
  Require(WIFEXITED(status) && WEXITSTATUS(status) == code, "end of a child");
}

// Runs `makes` with finalizers pending, which stay this process's.
template <class F>
void Around(F&& makes) {
  Finalizer<> handle = AtExit(Says{"handle"});
  AtExit(Says{"at exit"});
  finalize::Lifetime lifetime;
  finalize::OnDestroy(lifetime, Says{"lifetime"});
  makes();
  Require(handle.alive() && Registry::Process().size() == 3, "still there");
  Require(handle.Run(), "Run");
}

char shell[] = "/bin/sh";
char option[] = "-c";
char command[] = "echo new program; exit 3";
char* const arguments[] = {shell, option, command, nullptr};

void Spawn() {
  Around([] {
    pid_t child = 0;
    Require(
        posix_spawn(&child, shell, nullptr, nullptr, arguments, environ) == 0,
        "posix_spawn");
    Await(child, 3);
  });
}

void VforkAndExec() {
  Around([] {
    const pid_t child = Forked(vfork());
    if (child == 0) {
      execv(shell, arguments);
      _exit(95);
    }
    Await(child, 3);
  });
}

void VforkAndLeave() {
  Around([] {
    const pid_t child = Forked(vfork());
    if (child == 0) _exit(4);
    Await(child, 4);
  });
}

void ForkAndExec() {
  Around([] {
    const pid_t child = Forked(fork());
    if (child == 0) {
      execv(shell, arguments);
      _exit(95);
    }
    Await(child, 3);
  });
}

void System() {
  Around([] {
    Require(WEXITSTATUS(system(command)) == 3, "system");
    FILE* const pipe = popen("echo to the pipe", "r");
    char line[80];
    Require(pipe != nullptr && fgets(line, sizeof(line), pipe) != nullptr,
            "popen");
    Require(pclose(pipe) == 0, "pclose");
  });
}

// exec in place: nothing runs.
void Exec() {
  AtExit(Says{"never"});
  execv(shell, arguments);
}

// The daemon has adopted nothing.
void Daemon() {
  AtExit(Says{"never"});
  Require(daemon(/*nochdir=*/1, /*noclose=*/1) == 0, "daemon");
  AtExit(Says{"of the daemon"});
  std::exit(0);
}

// Forks at the end of a thread, of a lifetime, and of a registry.
void InCallbacks() {
  const auto forks = [] {
    const pid_t child = Forked(fork());
    if (child == 0) {
      AtExit([] { _exit(3); });
      std::exit(4);
    }
    Await(child, 3);
    Say("forked");
  };
  std::thread([&] { finalize::AtThreadExit(forks); }).join();
  {
    finalize::Lifetime lifetime;
    finalize::OnDestroy(lifetime, forks);
    Registry registry;
    registry.Register(forks);
  }
  AtExit(forks).Run();
}

// What the child of a fork does: all it can, and it ends with 3.
[[noreturn]] void UseAndExit() {
  static int own = 0;
  AtExit([] { _exit(own == 4 ? 3 : 4); });
  AtExit([] { ++own; });
  {
    finalize::Lifetime lifetime;
    finalize::OnDestroy(lifetime, [] { ++own; });
  }
  Registry registry;
  registry.Register([] { ++own; });
  registry.Drain();
  finalize::AtThreadExit([] { ++own; });
  std::exit(5);
}

// Four threads fork while four others register and detach.
void FourByFour() {
  static std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  std::vector<std::thread> forking;
  for (int t = 0; t < 4; ++t) {
    busy.emplace_back([t] {
      while (!stop) {
        AtExit(Options().set_phase(t), [] {}).Detach();
        finalize::AtThreadExit([] {}).Detach();
        Registry registry;
        registry.Register([] {});
      }
    });
  }
  for (int t = 0; t < 4; ++t) {
    forking.emplace_back([] {
      for (int i = 0; i < 40; ++i) {
        const pid_t child = Forked(fork());
        if (child == 0) UseAndExit();
        Await(child, 3);
      }
    });
  }
  for (std::thread& thread : forking) thread.join();
  stop = true;
  for (std::thread& thread : busy) thread.join();
  Require(Registry::Process().size() == 0, "nothing left");
  Say("done");
}

// The same with the forms that share memory.
void SpawnLoop() {
  static std::atomic<bool> stop{false};
  std::thread busy([] {
    while (!stop) AtExit([] {}).Run();
  });
  for (int i = 0; i < 50; ++i) {
    pid_t child = 0;
    char quiet[] = "exit 3";
    char* const quietly[] = {shell, option, quiet, nullptr};
    Require(posix_spawn(&child, shell, nullptr, nullptr, quietly, environ) == 0,
            "posix_spawn");
    Await(child, 3);
  }
  stop = true;
  busy.join();
  Require(Registry::Process().size() == 0, "nothing left");
  Say("done");
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(argc, argv,
                                    {{"spawn", Spawn},
                                     {"vfork-exec", VforkAndExec},
                                     {"vfork-exit", VforkAndLeave},
                                     {"fork-exec", ForkAndExec},
                                     {"system", System},
                                     {"exec", Exec},
                                     {"daemon", Daemon},
                                     {"in-callbacks", InCallbacks},
                                     {"four-by-four", FourByFour},
                                     {"spawn-loop", SpawnLoop}});
}
