// SPDX-License-Identifier: Apache-2.0

// A program that opens and closes module_plugin.cc. It is linked twice: with a
// plugin that has a copy of the library of its own, and with one that uses the
// program's. The plugin is the file `<this program>.so`.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "finalize/at_exit.h"
#include "finalize/cause.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/thread_exit.h"
#include "finalize/weak_ref.h"
#include "tempdir/temp_dir.h"
#include "tests/modules/module_plugin.h"
#include "tests/modules/plugin_loader.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::Registry;
using finalize_test::AwaitBlocked;
using finalize_test::Forked;
using finalize_test::Latch;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::SendSignal;
using finalize_test::ThisThread;

struct SaysWhy {
  void operator()(const Cause& cause) const {
    Say("program, " + word + ": " + cause.ToString());
  }
  std::string word;
};

finalize_test::PluginLoader<Plugin>& plugin =
    *new finalize_test::PluginLoader<Plugin>;

// The program's own entries stay, whoever's copy the plugin uses.
void CloseRuns() {
  AtExit(SaysWhy{"before"});
  const Plugin& table = plugin.Open();
  table.register_some();
  AtExit(SaysWhy{"after"});
  plugin.CloseAndSay();
}

void CloseRunsObjects() {
  plugin.Open().register_on_objects();
  plugin.CloseAndSay();
}
void CloseRunsWhatIsRegistered() {
  plugin.Open().register_more();
  plugin.CloseAndSay();
}
void CloseTriesOnce() {
  plugin.Open().register_retryable();
  plugin.CloseAndSay();
}
void CloseRunsThreads() {
  plugin.Open().register_on_thread();
  plugin.CloseAndSay();
}
void CloseRunsBeforeStatics() {
  plugin.Open().register_static();
  plugin.CloseAndSay();
}
// Only the plugin has the code of the exit hooks.
void CloseWithHooks() {
  const Plugin& table = plugin.Open();
  table.register_some();
  Require(table.install_exit_hooks(), "hooks");
  plugin.Close();
  SendSignal(getpid(), SIGTERM);
  for (;;) pause();
}
void CloseOfUnused() {
  plugin.Open();
  plugin.CloseAndSay();
  AtExit(SaysWhy{"after"});
}

// exit() with the plugin still there: the one order, or each copy's.
void ExitWithPlugin() {
  AtExit(SaysWhy{"before"});
  plugin.Open().register_some();
  AtExit(SaysWhy{"after"});
}

// The process registry, whose drain would tell of exit(), is not used.
void ExitWithRegistry() { plugin.Open().register_in_registry(); }
void ExitWithObjects() { plugin.Open().register_on_objects(); }

void OpenAgain() {
  for (int i = 0; i < 3; ++i) {
    plugin.Open().register_more();
    plugin.CloseAndSay();
    AtExit([] {}).Run();
  }
}

// The plugin is gone, and the hooks for fork, threads and exit with it.
void LifeAfterClose() {
  plugin.Open().register_some();
  AtExit(SaysWhy{"of the program"});
  plugin.CloseAndSay();
  std::thread([] { finalize::AtThreadExit(SaysWhy{"thread"}); }).join();
  const pid_t child = Forked(fork());
  if (child == 0) {
    AtExit(SaysWhy{"of the child"});
    std::exit(3);
  }
  int status = 0;
  Require(waitpid(child, &status, 0) == child && WIFEXITED(status) &&
              WEXITSTATUS(status) == 3,
          "child");
}

// A thread that has used the plugin's copy ends after it is gone.
void ThreadOutlivesPlugin() {
  static Latch& used = *new Latch;
  static Latch& closed = *new Latch;
  const Plugin& table = plugin.Open();
  std::thread thread([&table] {
    table.register_more();
    finalize::AtThreadExit(SaysWhy{"thread"});
    used.CountDown();
    closed.Wait();
  });
  used.Wait();
  plugin.CloseAndSay();
  closed.CountDown();
  thread.join();
}

// So does one that has used no more than a registry of its own there.
void ThreadOutlivesRegistry() {
  static Latch& used = *new Latch;
  static Latch& closed = *new Latch;
  const Plugin& table = plugin.Open();
  std::thread thread([&table] {
    table.use_registry();
    used.CountDown();
    closed.Wait();
  });
  used.Wait();
  plugin.CloseAndSay();
  closed.CountDown();
  thread.join();
  Say("the end");
}

// dlclose() in a child: what the parent registered does not run there.
void CloseInChild() {
  plugin.Open().register_some();
  const pid_t child = Forked(fork());
  if (child == 0) {
    plugin.CloseAndSay();
    std::exit(3);
  }
  int status = 0;
  Require(waitpid(child, &status, 0) == child && WIFEXITED(status) &&
              WEXITSTATUS(status) == 3,
          "child");
  Say("parent");
  plugin.CloseAndSay();
}

// Another thread runs a callback of the plugin, from the program's code, and
// goes on when dlclose() waits for it, asleep.
Latch& running = *new Latch;
std::atomic<pid_t> closer{0};
void BlockUntilAwaited() {
  running.CountDown();
  AwaitBlocked(closer, SYS_futex);
  Say("released");
}
void CloseWaits() {
  plugin.Open().register_blocking(&BlockUntilAwaited);
  std::thread drains([] { (void)Registry::Process().Drain(); });
  running.Wait();
  closer = ThisThread();
  plugin.CloseAndSay();
  drains.join();
}

void CloseDropsWeak() {
  plugin.Open().register_weak();
  plugin.CloseAndSay();
}

// What the plugin referred to dies later.
void CloseDropsWeakToProgram() {
  auto object = finalize::MakeShared<int>(1);
  const finalize::WeakRef<int> own(object, [] { Say("program, runs"); });
  plugin.Open().refer_to(object);
  Require(finalize::WeakRefCount(object) == 3, "references");
  plugin.CloseAndSay();
  object.reset();
  Say("object is gone");
}

void TempDirOfPlugin() {
  auto dir = tempdir::TempDir::Create();
  Require(dir.ok(), "temp dir");
  plugin.Open().make_temp_dir();
  plugin.CloseAndSay();
  Say(access(dir->path().c_str(), F_OK) == 0 ? "program's is there"
                                             : "program's is gone");
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"close", CloseRuns},
       {"objects", CloseRunsObjects},
       {"registers", CloseRunsWhatIsRegistered},
       {"retryable", CloseTriesOnce},
       {"threads", CloseRunsThreads},
       {"statics", CloseRunsBeforeStatics},
       {"hooks", CloseWithHooks},
       {"unused", CloseOfUnused},
       {"exit", ExitWithPlugin},
       {"exit-with-registry", ExitWithRegistry},
       {"exit-with-objects", ExitWithObjects},
       {"again", OpenAgain},
       {"life-after", LifeAfterClose},
       {"thread-outlives", ThreadOutlivesPlugin},
       {"thread-outlives-registry", ThreadOutlivesRegistry},
       {"child", CloseInChild},
       {"waits", CloseWaits},  // where the plugin uses the program's copy
       {"weak", CloseDropsWeak},
       {"weak-to-program", CloseDropsWeakToProgram},  // as "waits"
       {"temp-dir", TempDirOfPlugin}});
}
