// A program that opens and closes module_plugin.cc. It is linked twice: with a
// plugin that has a copy of the library of its own, and with one that uses the
// program's. The plugin is the file `<this program>.so`.
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "finalize/at_exit.h"
#include "finalize/cause.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/thread_exit.h"
#include "finalize/weak_ref.h"
#include "tempdir/temp_dir.h"
#include "tests/latch.h"
#include "tests/module_plugin.h"
#include "tests/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::Options;
using finalize::Registry;
using finalize_test::Require;
using finalize_test::Say;

struct SaysWhy {
  void operator()(const Cause& cause) const {
    Say("program, " + word + ": " + cause.ToString());
  }
  std::string word;
};

std::string PluginPath() {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  Require(size > 0, "readlink");
  const std::string program(path, static_cast<size_t>(size));
  return program.substr(0, program.rfind("_child")) + "_plugin.so";
}

bool IsMapped() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("_plugin.so") != std::string::npos) return true;
  }
  return false;
}

void* handle = nullptr;

const Plugin& Open() {
  handle = dlopen(PluginPath().c_str(), RTLD_NOW | RTLD_LOCAL);
  Require(handle != nullptr, handle == nullptr ? dlerror() : "");
  auto* get =
      reinterpret_cast<decltype(&GetPlugin)>(dlsym(handle, "GetPlugin"));
  Require(get != nullptr, "dlsym");
  Require(IsMapped(), "mapped");
  return *get();
}

void Close() {
  Require(dlclose(handle) == 0, "dlclose");
  Say(IsMapped() ? "still mapped" : "unmapped");
}

// The program's own entries stay, whoever's copy the plugin uses.
void CloseRuns() {
  AtExit(SaysWhy{"before"});
  const Plugin& plugin = Open();
  plugin.register_some();
  AtExit(SaysWhy{"after"});
  Close();
}

void CloseRunsObjects() {
  Open().register_on_objects();
  Close();
}
void CloseRunsWhatIsRegistered() {
  Open().register_more();
  Close();
}
void CloseTriesOnce() {
  Open().register_retryable();
  Close();
}
void CloseRunsThreads() {
  Open().register_on_thread();
  Close();
}
void CloseRunsBeforeStatics() {
  Open().register_static();
  Close();
}
// Only the plugin has the code of the exit hooks.
void CloseWithHooks() {
  const Plugin& plugin = Open();
  plugin.register_some();
  Require(plugin.install_exit_hooks(), "hooks");
  Require(dlclose(handle) == 0, "dlclose");
  kill(getpid(), SIGTERM);
  for (;;) pause();
}
void CloseOfUnused() {
  Open();
  Close();
  AtExit(SaysWhy{"after"});
}

// exit() with the plugin still there: the one order, or each copy's.
void ExitWithPlugin() {
  AtExit(SaysWhy{"before"});
  Open().register_some();
  AtExit(SaysWhy{"after"});
}

// The process registry, whose drain would tell of exit(), is not used.
void ExitWithRegistry() { Open().register_in_registry(); }
void ExitWithObjects() { Open().register_on_objects(); }

void OpenAgain() {
  for (int i = 0; i < 3; ++i) {
    Open().register_more();
    Close();
    AtExit([] {}).Run();
  }
}

// The plugin is gone, and the hooks for fork, threads and exit with it.
void LifeAfterClose() {
  Open().register_some();
  AtExit(SaysWhy{"of the program"});
  Close();
  std::thread([] { finalize::AtThreadExit(SaysWhy{"thread"}); }).join();
  const pid_t child = fork();
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
  const Plugin& plugin = Open();
  std::thread thread([&plugin] {
    plugin.register_more();
    finalize::AtThreadExit(SaysWhy{"thread"});
    used.CountDown();
    closed.Wait();
  });
  used.Wait();
  Close();
  closed.CountDown();
  thread.join();
}

// So does one that has used no more than a registry of its own there.
void ThreadOutlivesRegistry() {
  static Latch& used = *new Latch;
  static Latch& closed = *new Latch;
  const Plugin& plugin = Open();
  std::thread thread([&plugin] {
    plugin.use_registry();
    used.CountDown();
    closed.Wait();
  });
  used.Wait();
  Close();
  closed.CountDown();
  thread.join();
  Say("the end");
}

// dlclose() in a child: what the parent registered does not run there.
void CloseInChild() {
  Open().register_some();
  const pid_t child = fork();
  if (child == 0) {
    Close();
    std::exit(3);
  }
  int status = 0;
  Require(waitpid(child, &status, 0) == child && WIFEXITED(status) &&
              WEXITSTATUS(status) == 3,
          "child");
  Say("parent");
  Close();
}

// Another thread runs a callback of the plugin, from the program's code:
// dlclose() waits for it.
Latch& running = *new Latch;
std::atomic<bool> go_on{false};
void Block() {
  running.CountDown();
  while (!go_on) sched_yield();
}
void CloseWaits() {
  Open().register_blocking(&Block);
  std::thread drains([] { (void)Registry::Process().Drain(); });
  running.Wait();
  std::thread releases([] {
    // Most likely in dlclose() by now; if not, the test shows less.
    for (int i = 0; i < 1000; ++i) sched_yield();
    Say("released");
    go_on = true;
  });
  Close();
  releases.join();
  drains.join();
}

// dlclose() while other threads drain the registry that the plugin uses, from
// the program's code.
void CloseRacesDrain() {
  static std::atomic<bool> stop{false};
  std::thread drains([] {
    while (!stop) (void)Registry::Process().Drain();
  });
  std::thread registers([] {
    while (!stop)
      AtExit(Options().IfClosed(finalize::IfClosed::kRunNow), [] {});
  });
  for (int i = 0; i < 50; ++i) {
    Open().register_quietly();
    Require(dlclose(handle) == 0, "dlclose");
    Require(!IsMapped(), "unmapped");
  }
  stop = true;
  drains.join();
  registers.join();
  Say("done");
}

void CloseDropsWeak() {
  Open().register_weak();
  Close();
}

// What the plugin referred to dies later.
void CloseDropsWeakToProgram() {
  auto object = finalize::MakeShared<int>(1);
  const finalize::WeakRef<int> own(object, [] { Say("program, runs"); });
  Open().refer_to(object);
  Require(finalize::WeakRefCount(object) == 3, "references");
  Close();
  object.reset();
  Say("object is gone");
}

void TempDirOfPlugin() {
  auto dir = tempdir::TempDir::Create();
  Require(dir.ok(), "temp dir");
  Open().make_temp_dir();
  Close();
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
       {"race", CloseRacesDrain},
       {"weak", CloseDropsWeak},
       {"weak-to-program", CloseDropsWeakToProgram},  // as "waits"
       {"temp-dir", TempDirOfPlugin}});
}
