// SPDX-License-Identifier: Apache-2.0

// Processes that end, or go on, while temp dirs are removed in the background.
// The parent that the test names is in $TMPDIR.

#include <errno.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/adopt_after_fork.h"
#include "finalize/process_end.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/blocked_removals.h"
#include "tests/support/forked.h"
#include "tests/support/private_mounts.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"

namespace {

using finalize_test::BlockedRemovals;
using finalize_test::Forked;
using finalize_test::MountPrivateMemory;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::SendSignal;
using tempdir::DestructorTempDir;
using tempdir::FinalizerTempDir;
using tempdir::FinishRemovals;
using tempdir::TempDirOptions;

TempDirOptions Background() {
  return TempDirOptions().set_remove_in_background();
}

template <class Dir>
Dir MakeFull(int files, const TempDirOptions& options = Background()) {
  absl::StatusOr<Dir> dir = Dir::Create(options);
  Require(dir.ok(), dir.status().ToString());
  for (int i = 0; i < files; ++i) {
    const std::string file = dir->path().native() + "/" + std::to_string(i);
    Require(mknod(file.c_str(), S_IFREG | 0600, 0) == 0, "a file");
  }
  return *std::move(dir);
}

template <class Dir>
void EnqueueRemoval(int files, const TempDirOptions& options = Background()) {
  Dir dir = MakeFull<Dir>(files, options);
  Require(dir.Remove().ok(), "Remove");
}

// exit() waits for what is put off, and for what it puts off itself.
template <class Dir>
void Exit() {
  for (int i = 0; i < 10; ++i) EnqueueRemoval<Dir>(50);
  static Dir left_to_exit = MakeFull<Dir>(50);
}

// The thread does not come to an end: exit() goes on at the deadline.
// No share of that is kept for a removal by the watchdog.
template <class Dir>
void ExitLate() {
  finalize::ExitOptions options;
  options.temp_dir_share = 0;
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
  BlockedRemovals().Abandon();
  EnqueueRemoval<Dir>(3);
  std::exit(5);
}

// A static destructor that runs after the library has waited.
struct AtTheVeryEnd {
  ~AtTheVeryEnd() { dir.reset(); }
  std::optional<DestructorTempDir> dir;
};
void ExitAfterwards() {
  static AtTheVeryEnd end;  // destroyed after the handler that waits
  end.dir = MakeFull<DestructorTempDir>(50);
}

template <class Dir>
void Killed() {
  BlockedRemovals().Abandon();
  EnqueueRemoval<Dir>(3);
  EnqueueRemoval<Dir>(3, Background().set_direct());
  SendSignal(getpid(), SIGKILL);
}

// The thread is at one of them when the process is killed.
void KilledAtWork() {
  for (int i = 0; i < 10; ++i) EnqueueRemoval<FinalizerTempDir>(50);
  SendSignal(getpid(), SIGKILL);
}

// A daemon finishes what is queued.
template <class Dir>
void Adopted() {
  BlockedRemovals().Abandon();
  Dir dir = MakeFull<Dir>(3);
  Require(dir.Remove().ok(), "Remove");
  if (Forked(fork()) != 0) _exit(7);
  Require(finalize::AdoptAfterFork().ok(), "adoption");
  const absl::Status finished = FinishRemovals();
  Require(finished.ok(), finished.ToString());
  Require(dir.removed(), "removed");
  EnqueueRemoval<Dir>(3);
  Say("done");
}

// Forks while the thread works and others put off, and exits in the child.
void ForksAtWork() {
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) EnqueueRemoval<FinalizerTempDir>(5);
  });
  for (int i = 0; i < 50; ++i) {
    const pid_t child = Forked(fork());
    if (child == 0) {
      EnqueueRemoval<FinalizerTempDir>(5);
      Require(FinishRemovals().ok(), "finished");
      _exit(3);
    }
    int status = 0;
    Require(waitpid(child, &status, 0) == child, "waitpid");
    Require(WIFEXITED(status) && WEXITSTATUS(status) == 3, "child");
  }
  stop = true;
  busy.join();
}

// Something is mounted in it: the thread fails, and says so; then it is gone.
void Fails() {
  std::string said;
  FinalizerTempDir dir = MakeFull<FinalizerTempDir>(
      1, Background().set_failure_callback(
             [&said](const auto&, const absl::Status& status) {
               said = status.ToString();
             }));
  const std::string inside = dir.path().native() + "/mounted";
  Require(mkdir(inside.c_str(), 0700) == 0, "mkdir");
  const std::string mounted = MountPrivateMemory(inside.c_str(), "mode=0700");
  Require(mounted.empty(), mounted);
  Require(dir.Remove().ok(), "Remove");
  Require(FinishRemovals().ok(), "finished");
  Require(!dir.removed(), "not removed");
  Require(said.find(dir.path().native() + "/mounted") != std::string::npos &&
              said.find("/.removing-") != std::string::npos,
          said);
  const std::string where = said.substr(said.rfind("(in ") + 4);
  const std::string now = where.substr(0, where.rfind(')')) + "/mounted";
  Require(umount(now.c_str()) == 0, "umount " + now);
  Require(dir.Remove().ok() && dir.removed(), "another try");
}

// Puts a directory off in which something is mounted, and waits until its
// removal has failed. Returns where it is mounted then.
template <class Dir>
std::string FailToRemove() {
  std::string now;
  {
    Dir dir = MakeFull<Dir>(1);
    const std::string inside = dir.path().native() + "/mounted";
    Require(mkdir(inside.c_str(), 0700) == 0, "mkdir");
    const std::string mounted = MountPrivateMemory(inside.c_str(), "mode=0700");
    Require(mounted.empty(), mounted);
  }
  Require(FinishRemovals().ok(), "finished");
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(getenv("TMPDIR"))) {
    if (entry.path().filename() == "mounted") now = entry.path();
  }
  Require(!now.empty(), "not removed");
  return now;
}

// It can be removed when the process ends.
template <class Dir>
void FailsBeforeExit() {
  const std::string mounted = FailToRemove<Dir>();
  Require(umount(mounted.c_str()) == 0, "umount " + mounted);
}

void SetFailureExitCode() {
  finalize::ExitOptions options;
  options.failure_exit_code = 9;
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
}

// It still cannot.
void FailsUntilExit() {
  SetFailureExitCode();
  FailToRemove<FinalizerTempDir>();
}

// exit() itself leaves it to the thread.
void FailsInExit() {
  SetFailureExitCode();
  // Never destroyed: only the drain removes it.
  static auto& dir = *new FinalizerTempDir(MakeFull<FinalizerTempDir>(1));
  const std::string inside = dir.path().native() + "/mounted";
  Require(mkdir(inside.c_str(), 0700) == 0, "mkdir");
  const std::string mounted = MountPrivateMemory(inside.c_str(), "mode=0700");
  Require(mounted.empty(), mounted);
}

// What is done before mkdirat() returns where there is no room.
void (*on_no_room)() = nullptr;

// A temp dir that takes the last inode of its file system.
FinalizerTempDir FillFileSystem() {
  const std::string mounted =
      MountPrivateMemory(getenv("TMPDIR"), "mode=0700,nr_inodes=100");
  Require(mounted.empty(), mounted);
  FinalizerTempDir dir = MakeFull<FinalizerTempDir>(1);
  for (int i = 1;; ++i) {
    const std::string file = dir.path().native() + "/" + std::to_string(i);
    if (mknod(file.c_str(), S_IFREG | 0600, 0) == 0) continue;
    Require(errno == ENOSPC, "full");
    break;
  }
  Require(!FinalizerTempDir::Create().ok(), "no room");
  return dir;
}

// No inode is free until the thread has removed something.
void FullFileSystem() {
  FinalizerTempDir dir = FillFileSystem();
  BlockedRemovals blocked;
  Require(dir.Remove().ok(), "Remove where nothing is free");
  std::thread release([&blocked, waiting = getpid()] {
    const std::string stat =
        "/proc/self/task/" + std::to_string(waiting) + "/stat";
    std::string id, name, state;
    while (state != "S") std::ifstream(stat) >> id >> name >> state;
    blocked.Release();
  });
  const absl::Status made = FinalizerTempDir::Create().status();
  Require(made.ok(), made.ToString());
  release.join();
}

// The thread has removed it all when Create() hears that there was no room.
void FullNoMore() {
  FinalizerTempDir dir = FillFileSystem();
  static BlockedRemovals blocked;
  Require(dir.Remove().ok(), "Remove where nothing is free");
  on_no_room = [] {
    blocked.Release();
    Require(FinishRemovals().ok(), "finished");
  };
  const absl::Status made = FinalizerTempDir::Create().status();
  Require(made.ok(), made.ToString());
}

}  // namespace

// In the place of the C library's.
extern "C" int mkdirat(int fd, const char* path, mode_t mode) noexcept {
  const long result = syscall(SYS_mkdirat, fd, path, mode);
  if (result != 0 && errno == ENOSPC && on_no_room != nullptr) {
    std::exchange(on_no_room, nullptr)();
    errno = ENOSPC;
  }
  return static_cast<int>(result);
}

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"destructor-exit", Exit<DestructorTempDir>},
       {"finalizer-exit", Exit<FinalizerTempDir>},
       {"destructor-late", ExitLate<DestructorTempDir>},
       {"finalizer-late", ExitLate<FinalizerTempDir>},
       {"afterwards", ExitAfterwards},
       {"destructor-killed", Killed<DestructorTempDir>},
       {"finalizer-killed", Killed<FinalizerTempDir>},
       {"killed-at-work", KilledAtWork},
       {"destructor-adopted", Adopted<DestructorTempDir>},
       {"finalizer-adopted", Adopted<FinalizerTempDir>},
       {"forks-at-work", ForksAtWork},
       {"fails", Fails},
       {"destructor-fails-before-exit", FailsBeforeExit<DestructorTempDir>},
       {"finalizer-fails-before-exit", FailsBeforeExit<FinalizerTempDir>},
       {"fails-until-exit", FailsUntilExit},
       {"fails-in-exit", FailsInExit},
       {"full", FullFileSystem},
       {"full-no-more", FullNoMore}});
}
