// SPDX-License-Identifier: Apache-2.0

// A program that ends in the way that its second argument names, with temp
// dirs of the style that its first one names. Prints the path of each. What is
// left afterwards is for temp_dir_process_test.cc to see.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/process_end.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/temp_file.h"
#include "tests/support/forked.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using finalize_test::Abandon;
using finalize_test::Forked;
using finalize_test::Make;
using finalize_test::MakeDirectory;
using finalize_test::MakeFile;

template <class Dir>
void Fill(Dir& dir) {
  MakeFile(dir.path() / "file");
}
// Not by its path: whoever opens that once it was removed makes another file.
void Fill(tempdir::TempFile& file) { file.Write("content").IgnoreError(); }

template <class Dir>
Dir MakePrinted() {
  Dir dir = Make<Dir>();
  Fill(dir);
  printf("%s\n", dir.path().c_str());
  fflush(stdout);
  return dir;
}

// The program's arguments, before main.
const char* EarlyMode() {
  const char* mode = getenv("TEMP_DIR_PROCESS_EARLY");
  return mode != nullptr ? mode : "";
}

template <class Dir>
std::unique_ptr<Dir> MakeEarly(const char* mode) {
  if (strcmp(EarlyMode(), mode) != 0) return nullptr;
  return std::make_unique<Dir>(MakePrinted<Dir>());
}

std::unique_ptr<tempdir::DestructorTempDir> early_destructor =
    MakeEarly<tempdir::DestructorTempDir>("destructor");
std::unique_ptr<tempdir::FinalizerTempDir> early_finalizer =
    MakeEarly<tempdir::FinalizerTempDir>("finalizer");
std::unique_ptr<tempdir::TempFile> early_file =
    MakeEarly<tempdir::TempFile>("file");

template <class Dir>
struct Ways {
  static int Return() {
    static std::optional<Dir> of_function;
    of_function = MakePrinted<Dir>();
    Dir local = MakePrinted<Dir>();
    return 0;
  }
  static int ThreadLocal() {
    thread_local std::optional<Dir> mine;
    mine = MakePrinted<Dir>();
    std::thread([] {
      thread_local std::optional<Dir> other;
      other = MakePrinted<Dir>();
    }).join();
    return 0;
  }
  // exit() in a nested call: the frames are abandoned.
  static int NestedExit() {
    Dir local = MakePrinted<Dir>();
    exit(3);
  }
  static int Leak() {
    Abandon(MakePrinted<Dir>());
    return 0;
  }
  static int QuietEnd() {
    Dir local = MakePrinted<Dir>();
    _exit(4);
  }
  // Its temp dirs have all gone in their scopes.
  static void InScopes() {
    { Dir local = MakePrinted<Dir>(); }
    Dir local = MakePrinted<Dir>();
  }
  static int QuietEndAfterScopes() {
    InScopes();
    _exit(4);
  }
  static int SignalAfterScopes() {
    if (!finalize::InstallExitHooks().ok()) abort();
    InScopes();
    raise(SIGTERM);
    for (;;) pause();
  }
  static int TerminateAfterScopes() {
    if (!finalize::InstallExitHooks().ok()) abort();
    InScopes();
    std::terminate();
  }
  // exit() by another thread than the one that holds it.
  static int ExitOfAnotherThread() {
    Dir local = MakePrinted<Dir>();
    std::thread([] { exit(5); }).join();
    return 0;
  }
  // exit() while other threads make, destroy and leak.
  static int ExitUnderWay() {
    static std::atomic<int> made{0};
    for (int i = 0; i < 4; ++i) {
      std::thread([i] {
        for (;;) {
          auto dir = Dir::Create();
          if (!dir.ok()) continue;
          ++made;
          Fill(*dir);
          if (i == 0) Abandon(*std::move(dir));
        }
      }).detach();
    }
    while (made < 200) std::this_thread::yield();
    exit(6);
  }
  // A failure to make it is what the destructor style may get, too.
  static int MadeInExitCallback() {
    finalize::AtExit([] {
      { Dir local = MakePrinted<Dir>(); }
      static std::optional<Dir> of_function;
      of_function = MakePrinted<Dir>();
    });
    return 0;
  }
  struct AtStaticEnd {
    ~AtStaticEnd() {
      if (active) Dir local = MakePrinted<Dir>();
    }
    bool active = false;
  };
  static int MadeInStaticDestructor() {
    static AtStaticEnd first;
    { Dir local = MakePrinted<Dir>(); }
    static AtStaticEnd last;
    first.active = last.active = true;
    return 0;
  }
  // The drain, on two threads of its own, is over by then.
  static int MadeBehindHelperThreads() {
    finalize::ExitOptions options;
    options.threads = 2;
    if (!finalize::SetExitOptions(options).ok()) abort();
    return MadeInStaticDestructor();
  }
  // Inner before outer, whatever the order of destruction.
  static int Nested() {
    static std::optional<Dir> outer = MakePrinted<Dir>();
    setenv("TMPDIR", outer->path().c_str(), 1);
    static std::optional<Dir> inner = MakePrinted<Dir>();
    return 0;
  }
  // What a callback at exit finds of a static object that Create() initializes.
  static int StaticAtExit() {
    static Dir dir = MakePrinted<Dir>();
    finalize::AtExit([path = dir.path()] {
      if (access(path.c_str(), F_OK) == 0) _exit(7);
    });
    return 0;
  }
  static int NeverDestroyedAtExit() {
    static Dir& dir = *new Dir(MakePrinted<Dir>());
    finalize::AtExit([] {
      if (access(dir.path().c_str(), F_OK) != 0) _exit(7);
    });
    return 0;
  }
  static int OnlyForkedChildExits() {
    static std::optional<Dir> parents = MakePrinted<Dir>();
    const pid_t child = Forked(fork());
    if (child == 0) {
      static std::optional<Dir> childs = MakePrinted<Dir>();
      exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    if (access(parents->path().c_str(), F_OK) != 0) return 9;
    return WEXITSTATUS(status);
  }
};

template <class Dir>
int Run(const std::string& way) {
  using W = Ways<Dir>;
  static const std::map<std::string, int (*)()> ways = {
      {"return", &W::Return},
      {"early", [] { return 0; }},
      {"thread_local", &W::ThreadLocal},
      {"nested_exit", &W::NestedExit},
      {"leak", &W::Leak},
      {"quiet_end", &W::QuietEnd},
      {"quiet_end_after_scopes", &W::QuietEndAfterScopes},
      {"signal_after_scopes", &W::SignalAfterScopes},
      {"terminate_after_scopes", &W::TerminateAfterScopes},
      {"exit_of_another_thread", &W::ExitOfAnotherThread},
      {"exit_under_way", &W::ExitUnderWay},
      {"made_in_exit_callback", &W::MadeInExitCallback},
      {"made_in_static_destructor", &W::MadeInStaticDestructor},
      {"made_behind_helper_threads", &W::MadeBehindHelperThreads},
      {"nested", &W::Nested},
      {"static_at_exit", &W::StaticAtExit},
      {"never_destroyed_at_exit", &W::NeverDestroyedAtExit},
      {"only_forked_child_exits", &W::OnlyForkedChildExits},
  };
  const auto found = ways.find(way);
  return found == ways.end() ? 99 : found->second();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 98;
  if (strcmp(argv[1], "file") == 0) return Run<tempdir::TempFile>(argv[2]);
  return strcmp(argv[1], "destructor") == 0
             ? Run<tempdir::DestructorTempDir>(argv[2])
             : Run<tempdir::FinalizerTempDir>(argv[2]);
}
