// SPDX-License-Identifier: Apache-2.0

// A program that closes module_race_plugin.cc while other threads run what it
// registered. Both use one copy of the library: the program's, or that of a
// shared library.
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "finalize/at_exit.h"
#include "finalize/cause.h"
#include "finalize/exit_hooks.h"
#include "finalize/failure_reporter.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "tests/modules/module_race_plugin.h"
#include "tests/modules/plugin_loader.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/latch.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::Finalizer;
using finalize::IfClosed;
using finalize::Options;
using finalize::Registry;
using finalize_test::AwaitBlocked;
using finalize_test::AwaitInput;
using finalize_test::Latch;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::ThisThread;

finalize_test::PluginLoader<RacePlugin>& plugin =
    *new finalize_test::PluginLoader<RacePlugin>;

struct SaysWhy {
  void operator()(const Cause& cause) const {
    Say(std::string("program, ") + word + ": " + cause.ToString());
  }
  const char* word;
};

// Handles that any thread may run.
class Handles {
 public:
  void Put(std::vector<Finalizer<>> all) {
    std::lock_guard<std::mutex> lock(mutex_);
    all_ = std::move(all);
  }
  std::vector<Finalizer<>> Get() {
    std::lock_guard<std::mutex> lock(mutex_);
    return all_;
  }

 private:
  std::mutex mutex_;
  std::vector<Finalizer<>> all_;
};

std::atomic<bool> stop{false};
Handles& handles = *new Handles;

void RunHandles() {
  while (!stop) {
    for (const Finalizer<>& one : handles.Get()) {
      try {
        (void)one.Run();
      } catch (const std::runtime_error&) {
      }
    }
    sched_yield();
  }
}

void DrainProcess() {
  while (!stop) (void)Registry::Process().Drain();
}

// Registers and runs callbacks of the program's own.
Tally& own = *new Tally;
void RegisterOwn() {
  while (!stop) {
    ++own.registered;
    AtExit(Options().set_if_closed(IfClosed::kRunNow), [] { ++own.ran; });
    sched_yield();
  }
}

// dlclose() while others run the plugin's finalizers by their handles, drain
// the registry, and register more: each runs once, before dlclose() is over.
void EachRunsOnce() {
  static std::atomic<int> reported{0};
  constexpr int kChain = 200;
  finalize::SetFailureReporter([](const finalize::ReportEntry& entry) {
    Require(entry.name == "counted", entry.name);
    ++reported;
  });
  std::vector<std::thread> threads;
  for (const auto body :
       {RunHandles, RunHandles, DrainProcess, DrainProcess, RegisterOwn}) {
    threads.emplace_back(body);
  }
  for (int round = 0; round < 100; ++round) {
    Tally tally;
    const RacePlugin& table = plugin.Open();
    std::vector<Finalizer<>> all;
    int expected = 0;
    for (int i = 0; i < 50; ++i) {
      all.push_back(table.register_counted(&tally, i % 3));
      expected += 1 + i % 3;
      if (i == 25) handles.Put(all);
    }
    // A chain: each registers the next one and ends.
    all.push_back(table.register_counted(&tally, kChain));
    expected += 1 + kChain;
    handles.Put(all);
    plugin.Close();
    Require(!plugin.IsMapped(), "unmapped");
    Require(tally.registered == expected, "registered");
    Require(tally.ran == tally.registered, "each once");
    for (const Finalizer<>& one : all) Require(!one.alive(), "dead");
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  (void)Registry::Process().Drain();
  Require(own.ran == own.registered, "the program's own, once");
  Say("done");
}

// A thread that closes the plugin when a callback says so.
Latch& running = *new Latch;
Latch& closed = *new Latch;
std::atomic<pid_t> closer{0};

void CloseWhenRunning() {
  std::thread([] {
    running.Wait();
    closer = ThisThread();
    plugin.CloseAndSay();
    closed.CountDown();
  }).detach();
}

// The drain of exit() is in a callback of the program's: the plugin's run by
// dlclose(), and the drain goes on.
void CloseInExitDrain() {
  AtExit(SaysWhy{"older"});
  plugin.Open().register_pending();
  AtExit(Options().set_phase(1), [] {
    running.CountDown();
    closed.Wait();
    Say("program, goes on");
  });
  CloseWhenRunning();
  std::exit(3);
}

// A callback of the program's closes the plugin, in the drain of exit().
void CloseAtExit() {
  AtExit(SaysWhy{"older"});
  plugin.Open().register_pending();
  AtExit([] { plugin.CloseAndSay(); });
  std::exit(3);
}

// A callback of the plugin's: dlclose() waits for it, asleep.
void BlockUntilAwaited() {
  running.CountDown();
  AwaitBlocked(closer, SYS_futex);
  Say("released");
}
const RacePlugin& OpenAndClose() {
  AtExit([] {
    closed.Wait();
    Say("program, older");
  });
  CloseWhenRunning();
  return plugin.Open();
}
void CloseWaitsForExit() {
  OpenAndClose().register_blocking(BlockUntilAwaited, false);
  std::exit(3);
}
void CloseWaitsForSignal() {
  OpenAndClose().register_blocking(BlockUntilAwaited, false);
  Require(finalize::InstallExitHooks().ok(), "InstallExitHooks");
  raise(SIGTERM);
  for (;;) AwaitInput();
}
void CloseWaitsForDrain() {
  OpenAndClose().register_blocking(BlockUntilAwaited, false);
  std::thread([] { (void)Registry::Process().Drain(); }).join();
}
void CloseWaitsForHelperThread() {
  OpenAndClose().register_blocking(BlockUntilAwaited, false);
  finalize::DrainOptions options;
  options.threads = 2;
  (void)Registry::Process().Drain(options);
}
// On threads that use the library for the first time, in that callback.
void CloseWaitsForHandle() {
  const Finalizer<> handle =
      OpenAndClose().register_blocking(BlockUntilAwaited, true);
  std::thread([&handle] { Require(handle.Run(), "Run"); }).join();
  closed.Wait();
}
void CloseWaitsForLifetime() {
  auto lifetime = std::make_unique<finalize::Lifetime>();
  OpenAndClose().block_on(*lifetime, BlockUntilAwaited);
  std::thread([&lifetime] { lifetime.reset(); }).join();
  closed.Wait();
}

void CloseWithShared() {
  const RacePlugin& table = plugin.Open();
  table.drop_shared();
  table.hook_shared();
  plugin.CloseAndSay();
}

void ExitWithShared() {
  const RacePlugin& table = plugin.Open();
  table.hook_shared();
  table.register_pending();
  std::exit(3);
}

// Its hooks are in the code that the program uses too.
void SignalAfterClose() {
  AtExit(SaysWhy{"older"});
  const RacePlugin& table = plugin.Open();
  table.register_pending();
  Require(table.install_hooks(), "install_hooks");
  plugin.CloseAndSay();
  raise(SIGTERM);
  for (;;) AwaitInput();
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"each-runs-once", EachRunsOnce},
       {"in-exit-drain", CloseInExitDrain},
       {"at-exit", CloseAtExit},
       {"waits-for-exit", CloseWaitsForExit},
       {"waits-for-signal", CloseWaitsForSignal},
       {"waits-for-drain", CloseWaitsForDrain},
       {"waits-for-helper-thread", CloseWaitsForHelperThread},
       {"waits-for-handle", CloseWaitsForHandle},
       {"waits-for-lifetime", CloseWaitsForLifetime},
       {"close-with-shared", CloseWithShared},
       {"exit-with-shared", ExitWithShared},
       {"signal-after-close", SignalAfterClose}});
}
