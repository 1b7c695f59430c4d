// SPDX-License-Identifier: Apache-2.0

// What processes that crash under test are made of.
#ifndef TESTS_CRASH_CRASH_SCENE_H_
#define TESTS_CRASH_CRASH_SCENE_H_

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "absl/time/time.h"
#include "finalize/crash_callback.h"
#include "finalize/exit_hooks.h"
#include "tempdir/temp_dir.h"
#include "tests/support/scenario.h"
#include "tests/support/tree_shapes.h"

namespace finalize_test {

inline finalize::ExitHooks CrashHooks() {
  finalize::ExitHooks hooks;
  hooks.crash = true;
  hooks.crash_handlers_never_return = true;
  hooks.crash_limit = absl::Minutes(1);  // two seconds are short at load
  return hooks;
}

inline void Install(const finalize::ExitHooks& hooks = CrashHooks()) {
  finalize_test::Require(finalize::InstallExitHooks(hooks).ok(), "no hooks");
}

inline void ShortLimit() {
  finalize::ExitHooks hooks = CrashHooks();
  hooks.crash_limit = absl::Milliseconds(20);
  Install(hooks);
}

// A temp dir with content, which this process never removes by itself.
inline tempdir::TempDir& MakeDir(const tempdir::TempDirOptions& options = {}) {
  auto made = tempdir::TempDir::Create(options);
  finalize_test::Require(made.ok(), "no temp dir");
  auto* const dir = new tempdir::TempDir(*std::move(made));
  const int fd = open(dir->path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  finalize_test::Require(finalize_test::MakeTree(fd, 2, 3, 2), "no content");
  close(fd);
  return *dir;
}

// For handlers.
template <size_t size>
void SaySafely(const char (&text)[size]) {
  if (write(STDOUT_FILENO, text, size - 1) < 0) _exit(99);
}

inline void AddCallback(finalize::CrashCallback callback) {
  finalize_test::Require(finalize::AddCrashCallback(callback), "no room");
}

}  // namespace finalize_test

#endif  // TESTS_CRASH_CRASH_SCENE_H_
