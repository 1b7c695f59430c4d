// SPDX-License-Identifier: Apache-2.0

// Processes with temp dirs that crash: what is removed, and what is not.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/crash_callback.h"
#include "finalize/exit_hooks.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_file.h"
#include "tests/crash/crash_scene.h"
#include "tests/crash/crash_ways.h"
#include "tests/support/scenario.h"
#include "tests/support/tree_shapes.h"

namespace {

using finalize::Crash;
using finalize::ExitHooks;
using finalize_test::AddCallback;
using finalize_test::CrashBy;
using finalize_test::CrashHooks;
using finalize_test::Install;
using finalize_test::MakeDir;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::SaySafely;
using tempdir::TempDir;

void NoDescriptors() {
  Install();
  MakeDir();
  const rlimit limit = {256, 256};
  setrlimit(RLIMIT_NOFILE, &limit);
  while (fcntl(0, F_DUPFD_CLOEXEC, 0) >= 0) {
  }
  CrashBy("segv");
}

// What had the numbers of the reserve is not closed.
void DescriptorsClosed() {
  Install();
  for (int fd = 3; fd < 64; ++fd) syscall(SYS_close, fd);
  int ends[2];
  Require(pipe(ends) == 0, "pipe");
  static int files[32];
  for (int& file : files) file = dup(ends[0]);
  MakeDir();
  AddCallback([](const Crash&) {
    for (const int file : files) {
      if (fcntl(file, F_GETFD) < 0) SaySafely("closed\n");
    }
    SaySafely("looked\n");
  });
  CrashBy("segv");
}

void CloseAll() {
  Install();
  MakeDir();
  for (int fd = 3; fd < 64; ++fd) syscall(SYS_close, fd);
  CrashBy("segv");
}

void WithFile() {
  Install();
  static auto file = tempdir::TempFile::Create();
  Require(file.ok() && file->Write("content").ok(), "file");
  CrashBy("segv");
}

void KeepAll() {
  ExitHooks hooks = CrashHooks();
  hooks.keep_on_crash = true;
  Install(hooks);
  MakeDir();
  MakeDir(tempdir::TempDirOptions().set_direct());
  CrashBy("segv");
}

// One stays, and one that was removed before does not matter.
void KeepOnFailure() {
  Install();
  const std::string other = std::string(getenv("TMPDIR")) + "/other";
  Require(mkdir(other.c_str(), 0700) == 0, "no directory");
  MakeDir();
  MakeDir(tempdir::TempDirOptions().set_keep_on_failure());
  MakeDir(tempdir::TempDirOptions().set_parent(other));
  Require(
      MakeDir(tempdir::TempDirOptions().set_parent(other).set_keep_on_failure())
          .Remove()
          .ok(),
      "not removed");
  CrashBy("segv");
}

// A Keep() that fails does not change that.
void KeepOnFailureNotMoved() {
  Install();
  const std::string there = std::string(getenv("TMPDIR")) + "/there";
  Require(mkdir(there.c_str(), 0700) == 0, "no directory");
  TempDir& dir =
      MakeDir(tempdir::TempDirOptions().set_direct().set_keep_on_failure());
  Require(!dir.Keep(there).ok(), "moved");
  CrashBy("segv");
}

void Environment() {
  setenv("FINALIZE_KEEP_TEMP_DIRS", "1", 1);
  Install();
  MakeDir();
  CrashBy("segv");
}

void Link() {
  Install();
  TempDir& dir = MakeDir();
  const std::string outside = std::string(getenv("TMPDIR")) + "/outside";
  Require(mkdir(outside.c_str(), 0700) == 0, "no directory");
  close(open((outside + "/precious").c_str(), O_CREAT | O_WRONLY, 0600));
  Require(symlink(outside.c_str(), (dir.path() / "link").c_str()) == 0, "link");
  CrashBy("segv");
}

void TooMuch() {
  ExitHooks hooks = CrashHooks();
  hooks.crash_limit = absl::Milliseconds(1);
  Install(hooks);
  TempDir& dir = MakeDir();
  const int fd =
      finalize_test::MakeDirectory(AT_FDCWD, (dir.path() / "much").c_str());
  close(finalize_test::MakeDeep(fd, 1000));
  Require(finalize_test::MakeTree(fd, 20, 40, 5), "no content");
  CrashBy("segv");
}

void InExitDrain() {
  Install();
  MakeDir();
  finalize::AtExit([] { CrashBy("segv"); });
  std::exit(0);
}

void TerminateDrainsFirst() {
  ExitHooks hooks = CrashHooks();
  hooks.terminate = true;
  Install(hooks);
  MakeDir();
  finalize::AtExit([] { Say("drained"); });
  AddCallback([](const Crash&) { SaySafely("callback\n"); });
  CrashBy("terminate");
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"no-descriptors", NoDescriptors},
       {"descriptors-closed", DescriptorsClosed},
       {"close-all", CloseAll},
       {"keep-all", KeepAll},
       {"file", WithFile},
       {"keep-on-failure", KeepOnFailure},
       {"keep-on-failure-not-moved", KeepOnFailureNotMoved},
       {"environment", Environment},
       {"link", Link},
       {"too-much", TooMuch},
       {"in-exit-drain", InExitDrain},
       {"terminate-drains-first", TerminateDrainsFirst}});
}
