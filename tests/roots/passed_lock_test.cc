// SPDX-License-Identifier: Apache-2.0

// The lock of a temp dir that is handed on to a program (C30): the root stays
// exactly as long as the owner or the program holds it.

#include "tempdir/passed_lock.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tempdir/temp_file.h"
#include "tests/support/lingering_process.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using finalize_test::HeldProcess;
using tempdir::PassedLock;
using tempdir::ReapOutcome;
using tempdir::TempDirOptions;
using tempdir::TempFile;

// A shell script that holds the lock as descriptor 3, reads from 0 what makes
// it go on, and writes its process id to 1.
pid_t Spawn(const PassedLock& lock, const char* script, int in, int out) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  if (!lock.AddTo(&actions, 3).ok()) abort();
  const char* const arguments[] = {"sh", "-c", script, nullptr};
  pid_t pid = -1;
  if (posix_spawnp(&pid, "sh", &actions, nullptr, const_cast<char**>(arguments),
                   environ) != 0) {
    abort();
  }
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

template <class Entry>
class PassedLockTest : public TempDirFixture {
 protected:
  PassedLockTest() {
    if (pipe2(to_, O_CLOEXEC) != 0 || pipe2(from_, O_CLOEXEC) != 0) abort();
  }
  ~PassedLockTest() override {
    LetGo();
    close(to_[0]);
    close(from_[0]);
    close(from_[1]);
  }
  // An owner that has started the script with its lock, in a process.
  void Start(const char* script, TempDirOptions options = {}) {
    owner_.emplace([&](int out) {
      // A daemon of the program's becomes a child of the owner.
      prctl(PR_SET_CHILD_SUBREAPER, 1);
      auto* entry = Abandon(Make<Entry>(std::move(options)));
      auto lock = entry->PassLock();
      if (!lock.ok()) abort();
      close(to_[1]);
      Spawn(*lock, script, to_[0], from_[1]);
      (void)!write(out, "", 1);
    });
    ASSERT_TRUE(owner_->AwaitByte());
    program_.emplace(static_cast<pid_t>(std::stol(ReadLine())));
  }
  std::string ReadLine() const {
    std::string line;
    char letter;
    while (read(from_[0], &letter, 1) == 1 && letter != '\n') line += letter;
    return line;
  }
  // The script reads the end of its input.
  void LetGo() {
    if (to_[1] >= 0) close(std::exchange(to_[1], -1));
  }
  // What a reaper says of the one root that there is.
  ReapOutcome Reaped() const {
    auto report = tempdir::Reap(scratch());
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok() || report->roots.size() != 1) return ReapOutcome::kGone;
    return report->roots[0].outcome;
  }

  int to_[2], from_[2];
  std::optional<LingeringProcess> owner_;
  std::optional<HeldProcess> program_;
};

using AllEntries = testing::Types<tempdir::DestructorTempDir,
                                  tempdir::FinalizerTempDir, TempFile>;
TYPED_TEST_SUITE(PassedLockTest, AllEntries);

TYPED_TEST(PassedLockTest, ProgramThatOutlivesItsOwnerKeepsIt) {
  this->Start("echo $$; read x");
  this->owner_->Kill();
  EXPECT_EQ(this->Reaped(), ReapOutcome::kInUse);
  this->LetGo();
  this->program_->AwaitEnd();
  EXPECT_EQ(this->Reaped(), ReapOutcome::kRemoved);
}
// A lock of the owner's that was dup'ed would be gone.
TYPED_TEST(PassedLockTest, ProgramThatUnlocksTakesNothingFromTheOwner) {
  this->Start("flock -u 3; echo $$; read x");
  EXPECT_EQ(this->Reaped(), ReapOutcome::kInUse);
  this->owner_->Kill();
  EXPECT_EQ(this->Reaped(), ReapOutcome::kRemoved);
}
TYPED_TEST(PassedLockTest, ProgramThatEndsTakesNothingFromTheOwner) {
  this->Start("echo $$; read x");
  this->LetGo();
  this->program_->AwaitEnd();
  EXPECT_EQ(this->Reaped(), ReapOutcome::kInUse);
  this->owner_->Kill();
  EXPECT_EQ(this->Reaped(), ReapOutcome::kRemoved);
}
// The daemon holds it; the program that started it has ended.
TYPED_TEST(PassedLockTest, ProgramThatBecomesADaemonKeepsIt) {
  this->Start("exec 4<&0; (read x <&4) & echo $!; echo $$");
  HeldProcess(static_cast<pid_t>(std::stol(this->ReadLine()))).AwaitEnd();
  this->owner_->Kill();
  EXPECT_EQ(this->Reaped(), ReapOutcome::kInUse);
  this->LetGo();
  this->program_->AwaitEnd();
  EXPECT_EQ(this->Reaped(), ReapOutcome::kRemoved);
}

// A worker that the owner forks drops its copy by closing it.
TYPED_TEST(PassedLockTest, ForkedWorkerTakesNothingFromTheProgram) {
  TypeParam entry =
      Make<TypeParam>(TempDirOptions().set_parent(this->Parent()));
  auto lock = entry.PassLock();
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(fcntl(lock->fd(), F_GETFD), FD_CLOEXEC);
  const path root = entry.path().parent_path();
  RunForked([&lock] { const PassedLock mine = *std::move(lock); });
  // Another open file description may not have it for itself.
  const int fd = open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  EXPECT_NE(flock(fd, LOCK_EX | LOCK_NB), 0);
  close(fd);
}
TYPED_TEST(PassedLockTest, OneThatWasRemovedHasNone) {
  TypeParam entry = Make<TypeParam>();
  ASSERT_TRUE(entry.Remove().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(entry.PassLock().status()));
}

// C30: a file that is kept has no root, and its parent is no one's to lock.
class PassedFileLockTest : public TempDirFixture {};
TEST_F(PassedFileLockTest, KeptFileHasNone) {
  setenv("FINALIZE_KEEP_TEMP_DIRS", "1", 1);
  TempFile file = Make<TempFile>();
  unsetenv("FINALIZE_KEEP_TEMP_DIRS");
  EXPECT_TRUE(absl::IsFailedPrecondition(file.PassLock().status()));
}

// One without a root carries the lock itself.
class PassedDirectLockTest : public PassedLockTest<tempdir::FinalizerTempDir> {
};

TEST_F(PassedDirectLockTest, ProgramThatOutlivesItsOwnerKeepsIt) {
  Start("echo $$; read x", TempDirOptions().set_direct());
  owner_->Kill();
  EXPECT_EQ(Reaped(), ReapOutcome::kInUse);
  LetGo();
  program_->AwaitEnd();
  EXPECT_EQ(Reaped(), ReapOutcome::kRemoved);
}

}  // namespace
