// SPDX-License-Identifier: Apache-2.0

// The removal of a directory as the handler of a crash does it, outside of one.
#include "tempdir/internal/crash/crash_removal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/marks/root_table.h"
#include "tempdir/internal/system/move_entry.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/fixed_storage.h"
#include "tests/support/private_mounts.h"
#include "tests/support/refused_calls.h"
#include "tests/support/removal_fixture.h"
#include "tests/support/tree_shapes.h"

namespace {

using finalize_test::EnterPrivateMounts;
using finalize_test::RefuseCalls;
using tempdir_internal::ClaimedRoot;
using tempdir_internal::CrashedRoot;
using tempdir_internal::FixedStorage;
using tempdir_internal::KeepClaimedRoot;
using tempdir_internal::RootState;

// Without being renamed.
RootState RemoveClaimedRoot(const ClaimedRoot& root, uint64_t deadline_nanos) {
  return RemoveCrashedRoot(CrashedRoot{root, ""}, deadline_nanos);
}

uint64_t After(double seconds) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>((now.tv_sec + seconds) * 1e9) + now.tv_nsec;
}

class CrashRemovalTest : public finalize_test::RemovalInMemoryTest {
 protected:
  CrashRemovalTest() {
    MakeDirectory("root");
    MakeDirectory("root/dir");
    MakeFile("root/dir/file");
    MakeDirectory("outside");
    MakeFile("outside/precious", "content");
    path_ = Path("root");
    open_ = openat(fd(), "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fstat(open_, &status_);
  }
  ~CrashRemovalTest() override { close(open_); }

  ClaimedRoot Root(int fd) const {
    return {path_.c_str(), fd, status_.st_dev, status_.st_ino, false};
  }
  ClaimedRoot Root() const { return Root(open_); }

  int open_;
  std::string path_;
  struct stat status_;
};

// C23, C29: with all that is in it, and nothing else.
TEST_F(CrashRemovalTest, RemovesTheTree) {
  MakeLink(Path("outside"), "root/link");
  MakeLink(Path("outside/precious"), "root/dir/link");
  ASSERT_EQ(linkat(fd(), "outside/precious", fd(), "root/hard", 0), 0);
  ASSERT_EQ(mkfifoat(fd(), "root/fifo", 0600), 0);
  MakeFile("root/-rf\n\xff");
  EXPECT_EQ(RemoveClaimedRoot(Root(), After(60)), RootState::kRemoved);
  EXPECT_FALSE(Exists("root"));
  EXPECT_EQ(Content("outside/precious"), "content");
}

// C23: an empty one.
TEST_F(CrashRemovalTest, RemovesAnEmptyDirectory) {
  unlinkat(fd(), "root/dir/file", 0);
  unlinkat(fd(), "root/dir", AT_REMOVEDIR);
  RemoveClaimedRoot(Root(), After(60));
  EXPECT_FALSE(Exists("root"));
}

// C23: the block is small, and reused; directories are as they come.
TEST_F(CrashRemovalTest, RemovesLargeTrees) {
  ASSERT_TRUE(finalize_test::MakeWide(open_, 9000));
  ASSERT_TRUE(finalize_test::MakeEmpty(open_, 5000));
  ASSERT_TRUE(finalize_test::MakeTree(open_, 20, 60, 3));
  RemoveClaimedRoot(Root(), After(100));
  EXPECT_FALSE(Exists("root"));
}

// C23, C29: below more levels than descriptors, names of all lengths.
TEST_F(CrashRemovalTest, RemovesDeepTrees) {
  close(finalize_test::MakeDeep(open_, 2000));
  const int wide =
      finalize_test::MakeDeep(open_, 300, std::string(255, 'x').c_str());
  EXPECT_TRUE(finalize_test::MakeWide(wide, 300));
  close(wide);
  RemoveClaimedRoot(Root(), After(100));
  EXPECT_FALSE(Exists("root"));
}

// C23, C29: six descriptors are enough, which the handler has in reserve.
TEST_F(CrashRemovalTest, NeedsFewDescriptors) {
  EXPECT_TRUE(finalize_test::MakeTree(open_, 10, 10, 3));
  close(finalize_test::MakeDeep(open_, 100));
  EXPECT_EQ(InChild([this] {
              int last = -1;
              int spare[6];
              for (int& fd : spare) last = fd = fcntl(0, F_DUPFD_CLOEXEC, 0);
              for (const int fd : spare) close(fd);
              const rlimit limit = {static_cast<rlim_t>(last + 1),
                                    static_cast<rlim_t>(last + 1)};
              setrlimit(RLIMIT_NOFILE, &limit);
              RemoveClaimedRoot(Root(), After(60));
              return "";
            }),
            "");
  EXPECT_FALSE(Exists("root"));
}

// C23, C29: as an unprivileged user.
TEST_F(CrashRemovalTest, RepairsPermissions) {
  MakeDirectory("root/dir/lower");
  MakeFile("root/dir/lower/file");
  for (const mode_t mode : {0555, 0300, 0000}) {
    const std::string name = "root/" + std::to_string(mode);
    MakeDirectory(name);
    MakeDirectory(name + "/sub");
    MakeFile(name + "/file");
    ASSERT_EQ(fchmodat(fd(), name.c_str(), mode, 0), 0);
  }
  EXPECT_EQ(AsNobody([this] {
              RemoveClaimedRoot(Root(), After(60));
              return "";
            }),
            "");
  EXPECT_FALSE(Exists("root"));
}

// C23, C29: what is mounted in it stays, and so does the way there.
TEST_F(CrashRemovalTest, CrossesNoMount) {
  MakeDirectory("root/mounted");
  EXPECT_EQ(
      InChild([this] {
        const std::string said = EnterPrivateMounts();
        if (!said.empty()) return said;
        if (mount("outside", "root/mounted", nullptr, MS_BIND, nullptr) != 0) {
          return std::string("no bind mount");
        }
        RemoveClaimedRoot(Root(), After(60));
        return std::string();
      }),
      "");
  EXPECT_EQ(Content("outside/precious"), "content");
  EXPECT_FALSE(Exists("root/dir"));
}

// C23: it ends at the deadline, wherever it is.
TEST_F(CrashRemovalTest, EndsAtTheDeadline) {
  EXPECT_EQ(RemoveClaimedRoot(Root(), After(-1)), RootState::kLeft);
  EXPECT_TRUE(Exists("root/dir/file"));
  ASSERT_TRUE(finalize_test::MakeTree(open_, 60, 60, 4));
  const size_t before = finalize_test::CountDescriptors();
  RemoveClaimedRoot(Root(), After(0.005));
  EXPECT_EQ(finalize_test::CountDescriptors(), before);
  EXPECT_TRUE(Exists("root"));
  RemoveClaimedRoot(Root(), After(100));
  EXPECT_FALSE(Exists("root"));
}

// C23: paths lead nowhere once it is taken away, and it has the name by which
// reapers know what one of them has begun.
TEST_F(CrashRemovalTest, TakesItAway) {
  CrashedRoot crashed = {Root(), ""};
  TakeAway(crashed, After(60));
  EXPECT_FALSE(Exists("root"));
  const auto name = tempdir_internal::ParseRootName(crashed.taken_name);
  ASSERT_TRUE(name.has_value()) << crashed.taken_name;
  EXPECT_TRUE(name->reaped);
  EXPECT_EQ(name->owner, status_.st_uid);
  EXPECT_TRUE(Exists(std::string(crashed.taken_name) + "/dir/file"));
  RemoveCrashedRoot(crashed, After(60));
  EXPECT_FALSE(Exists(crashed.taken_name));
}

// C23: an old kernel, or the filter of a container.
TEST_F(CrashRemovalTest, TakesItAwayWithoutRenameat2) {
  for (const int error : {ENOSYS, EPERM}) {
    EXPECT_EQ(InChild([&] {
                std::string said = RefuseCalls({SYS_renameat2}, error);
                CrashedRoot crashed = {Root(), ""};
                TakeAway(crashed, After(60));
                if (!Exists(std::string(crashed.taken_name) + "/dir/file")) {
                  said += "not taken away";
                }
                renameat(fd(), crashed.taken_name, fd(), "root");
                return said;
              }),
              "")
        << error;
  }
}
TEST_F(CrashRemovalTest, WithoutRenameat2NothingIsReplaced) {
  MakeDirectory("taken");
  EXPECT_EQ(InChild([&] {
              const std::string said = RefuseCalls({SYS_renameat2}, EPERM);
              if (!said.empty()) return said;
              const int result = tempdir_internal::MoveDirectory(
                  tempdir_internal::kKernelCalls, fd(), "root", fd(), "taken");
              return std::string(result == -EEXIST ? "" : "replaced");
            }),
            "");
  EXPECT_TRUE(Exists("root/dir/file"));
}

// C23, C28: not what is marked, nor another directory, nor after the deadline.
TEST_F(CrashRemovalTest, TakesNothingElseAway) {
  CrashedRoot late = {Root(), ""};
  TakeAway(late, After(-1));
  EXPECT_STREQ(late.taken_name, "");
  MakeFile("root/.keep");
  CrashedRoot marked = {Root(), ""};
  TakeAway(marked, After(60));
  EXPECT_STREQ(marked.taken_name, "");
  unlinkat(fd(), "root/.keep", 0);
  ASSERT_EQ(renameat(fd(), "root", fd(), "moved"), 0);
  MakeDirectory("root");
  CrashedRoot replaced = {Root(), ""};
  TakeAway(replaced, After(60));
  EXPECT_STREQ(replaced.taken_name, "");
  EXPECT_TRUE(Exists("root"));
  EXPECT_TRUE(Exists("moved/dir/file"));
}

// C23: another directory that stands at its path by now is not touched.
TEST_F(CrashRemovalTest, LeavesAnotherDirectory) {
  ASSERT_EQ(renameat(fd(), "root", fd(), "moved"), 0);
  MakeDirectory("root");
  MakeFile("root/stranger");
  RemoveClaimedRoot(Root(), After(60));
  RemoveClaimedRoot(Root(-1), After(60));
  EXPECT_TRUE(Exists("root/stranger"));
  EXPECT_TRUE(Exists("moved/dir/file"));
}

// C23: nor is what a link leads to.
TEST_F(CrashRemovalTest, FollowsNoLink) {
  ASSERT_EQ(renameat(fd(), "root", fd(), "moved"), 0);
  MakeLink("moved", "root");
  RemoveClaimedRoot(Root(), After(60));
  RemoveClaimedRoot(Root(-1), After(60));
  EXPECT_TRUE(Exists("moved/dir/file"));
}

// C23: the program has closed its descriptor, or it is another file's.
TEST_F(CrashRemovalTest, DoesWithoutItsDescriptor) {
  RemoveClaimedRoot(Root(fd()), After(60));
  EXPECT_FALSE(Exists("root"));
  EXPECT_TRUE(Exists("outside/precious"));
}

// C23: it is found where what is above it was moved.
TEST_F(CrashRemovalTest, IsFoundByItsDescriptor) {
  path_ = Path("no/such/root");
  RemoveClaimedRoot(Root(), After(60));
  EXPECT_FALSE(Exists("root"));
}

// C23, C28: one that is marked stays.
TEST_F(CrashRemovalTest, LeavesWhatIsMarked) {
  MakeFile("root/.keep");
  RemoveClaimedRoot(Root(), After(60));
  RemoveClaimedRoot(Root(-1), After(60));
  EXPECT_TRUE(Exists("root/dir/file"));
}

// C23, C28: keeping marks it.
TEST_F(CrashRemovalTest, MarksWhatIsKept) {
  testing::internal::CaptureStderr();
  KeepClaimedRoot(Root(), true);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "finalize: kept " + path_ + " (the process crashed)\n");
  EXPECT_TRUE(Exists("root/.keep"));
  unlinkat(fd(), "root/.keep", 0);
  testing::internal::CaptureStderr();
  KeepClaimedRoot(Root(-1), true);
  EXPECT_NE(testing::internal::GetCapturedStderr(), "");
  EXPECT_TRUE(Exists("root/.keep"));
}

// What was given back is had again, in one piece.
TEST(FixedStorageTest, JoinsWhatIsFree) {
  alignas(16) char block[4096];
  FixedStorage storage(block, sizeof(block));
  void* pieces[4];
  for (void*& piece : pieces) {
    piece = storage.Allocate(1000);
    ASSERT_NE(piece, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(piece) % 16, 0u);
  }
  EXPECT_EQ(storage.Allocate(1000), nullptr);
  for (const int i : {2, 0, 3, 1}) storage.Free(pieces[i], 1000);
  EXPECT_EQ(storage.available(), sizeof(block));
  EXPECT_EQ(storage.Allocate(sizeof(block)), static_cast<void*>(block));
  EXPECT_EQ(storage.Allocate(1), nullptr);
}

// The smallest pieces do not overlap.
TEST(FixedStorageTest, KeepsPiecesApart) {
  alignas(16) char block[256];
  FixedStorage storage(block, sizeof(block));
  void* first = storage.Allocate(1);
  void* second = storage.Allocate(0);
  EXPECT_GE(static_cast<char*>(second) - static_cast<char*>(first), 1);
  storage.Free(first, 1);
  EXPECT_EQ(storage.Allocate(1), first);
}

}  // namespace
