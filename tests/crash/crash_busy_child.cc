// SPDX-License-Identifier: Apache-2.0

// A busy process that crashes: crash_busy_child STYLE THREADS MADE BY.
//
//   STYLE    what its threads make, fill and drop, over and over: "finalizer",
//            "destructor", "directly", "background", "directly-background" or
//            "holders", which go on filling through a descriptor
//   THREADS  how many there are
//   MADE     how many temp dirs there have been when it crashes
//   BY       "main" or "thread": who crashes, by a fault or an assertion
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "absl/time/time.h"
#include "finalize/exit_hooks.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tests/crash/crash_scene.h"
#include "tests/crash/crash_ways.h"
#include "tests/support/scenario.h"

namespace {

using finalize_test::CrashBy;
using finalize_test::Require;
using tempdir::TempDirOptions;

// What is put into one temp dir at most.
constexpr int kFiles = 8;

std::atomic<int> made{0};

// Its path may lead nowhere by now.
void Fill(const std::string& path) {
  mkdir((path + "/sub").c_str(), 0700);
  for (int i = 0; i < kFiles; ++i) {
    const std::string name = i % 2 == 0 ? "/file" : "/sub/file";
    const int fd = open((path + name + std::to_string(i)).c_str(),
                        O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) continue;
    (void)!write(fd, "content", 7);
    close(fd);
  }
}

// Through a descriptor, whatever the root is called.
void FillHeld(const std::string& path) {
  const int directory = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < 2 * kFiles; ++i) {
    const int fd = openat(directory, ("file" + std::to_string(i)).c_str(),
                          O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
  }
  close(directory);
}

template <typename Dir>
void Work(const TempDirOptions& options, void (*fill)(const std::string&)) {
  for (;;) {
    auto dir = Dir::Create(options);
    if (!dir.ok()) continue;
    fill(dir->path().native());
    ++made;
  }
}

void WorkIn(std::string_view style) {
  TempDirOptions options;
  options.set_direct(style.substr(0, 8) == "directly");
  const std::string_view end = "background";
  options.set_remove_in_background(style.size() >= end.size() &&
                                   style.substr(style.size() - end.size()) ==
                                       end);
  if (style == "destructor") {
    Work<tempdir::DestructorTempDir>(options, &Fill);
  } else {
    Work<tempdir::FinalizerTempDir>(options,
                                    style == "holders" ? &FillHeld : &Fill);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Require(argc == 5, "arguments");
  finalize::ExitHooks hooks = finalize_test::CrashHooks();
  hooks.crash_limit = absl::Minutes(1);
  finalize_test::Install(hooks);
  const std::string_view style = argv[1];
  const std::string_view by = argv[4];
  for (int i = std::atoi(argv[2]); i > 0; --i) {
    std::thread([style] { WorkIn(style); }).detach();
  }
  while (made < std::atoi(argv[3])) sched_yield();
  if (by == "main") CrashBy("segv");
  std::thread([] { CrashBy("assert"); }).join();
  return 97;
}
