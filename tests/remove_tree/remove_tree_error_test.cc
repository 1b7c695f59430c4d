// SPDX-License-Identifier: Apache-2.0

// What RemoveTree does when something cannot be removed, and what it says.

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/remove_tree.h"
#include "tests/support/private_mounts.h"
#include "tests/support/refused_calls.h"
#include "tests/support/removal_fixture.h"
#include "tests/support/tree_shapes.h"

namespace {

using finalize_test::EnterPrivateMounts;
using finalize_test::kOpenat2Call;
using finalize_test::RefuseCalls;
using tempdir::RemoveTree;
using tempdir::RemoveTreeError;
using tempdir::RemoveTreeOptions;
using tempdir::RemoveTreeStats;

class RemoveTreeErrorTest : public finalize_test::RemovalTest {
 protected:
  ~RemoveTreeErrorTest() override {
    for (const int file : immutable_) {
      SetImmutable(file, false);
      close(file);
    }
  }
  // Makes what is open at `file` immutable until the end of the test.
  void MakeImmutable(int file) {
    ASSERT_GE(file, 0);
    ASSERT_TRUE(SetImmutable(file, true)) << strerror(errno);
    immutable_.push_back(file);
  }
  void MakeImmutable(const std::string& name) {
    MakeImmutable(openat(fd(), name.c_str(), O_RDONLY | O_CLOEXEC));
  }
  void AllowAll() {
    for (const int file : immutable_) SetImmutable(file, false);
  }

 private:
  static bool SetImmutable(int file, bool on) {
    int flags = 0;
    if (ioctl(file, FS_IOC_GETFLAGS, &flags) != 0) return false;
    flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
    return ioctl(file, FS_IOC_SETFLAGS, &flags) == 0;
  }

  std::vector<int> immutable_;
};

// C29, C37: rmdir finds the directory immutable before it finds it busy.
TEST_F(RemoveTreeErrorTest, MountInImmutableDirectoryStaysWithoutOpenat2) {
  MakeDirectory("outside");
  MakeFile("outside/precious");
  MakeDirectory("tree");
  MakeDirectory("tree/mounted");
  MakeImmutable("tree");
  EXPECT_EQ(
      InChild([] {
        std::string said = EnterPrivateMounts();
        if (!said.empty()) return said;
        if (mount("outside", "tree/mounted", nullptr, MS_BIND, nullptr) != 0) {
          return std::string("no bind mount");
        }
        said = RefuseCalls({kOpenat2Call}, ENOSYS);
        if (!said.empty()) return said;
        return std::string(RemoveTree("tree").message());
      }),
      "cannot remove \"tree/mounted\": it is a mount point");
  EXPECT_TRUE(Exists("outside/precious"));
}

// C29, edge 31.
TEST_F(RemoveTreeErrorTest, ImmutableFileStaysAndAllElseIsRemoved) {
  MakeDirectory("tree");
  MakeDirectory("tree/a");
  MakeFile("tree/a/immutable");
  MakeFile("tree/a/other");
  MakeDirectory("tree/b");
  MakeFile("tree/b/file");
  MakeImmutable("tree/a/immutable");
  RemoveTreeStats stats;
  const absl::Status status = RemoveTree(Path("tree"), {}, &stats);
  EXPECT_EQ(status.ToString(), "PERMISSION_DENIED: cannot remove \"" +
                                   Path("tree/a/immutable") +
                                   "\": Operation not permitted");
  ASSERT_EQ(stats.errors.size(), 1u);
  EXPECT_EQ(stats.errors[0].path, Path("tree/a/immutable"));
  EXPECT_EQ(stats.errors[0].present_path, "");
  EXPECT_EQ(stats.errors[0].status, status);
  EXPECT_EQ(stats.files, 2u);
  EXPECT_EQ(stats.directories, 1u);
  EXPECT_EQ(CountEntries("tree"), 1);
  EXPECT_EQ(CountEntries("tree/a"), 1);
}

// C28, C29.
TEST_F(RemoveTreeErrorTest, SecondCallFinishesOnceTheReasonIsGone) {
  MakeDirectory("tree");
  MakeFile("tree/immutable");
  MakeImmutable("tree/immutable");
  EXPECT_FALSE(RemoveTree(Path("tree")).ok());
  AllowAll();
  EXPECT_TRUE(RemoveTree(Path("tree")).ok());
  EXPECT_FALSE(Exists("tree"));
}

// C29.
TEST_F(RemoveTreeErrorTest, AllErrorsAreCountedAndTheFirstAreKept) {
  MakeDirectory("tree");
  for (int i = 0; i < 20; ++i) {
    const std::string name = "tree/immutable" + std::to_string(i);
    MakeFile(name);
    MakeFile(name + "x");
    MakeImmutable(name);
  }
  RemoveTreeOptions options;
  options.max_errors = 3;
  RemoveTreeStats stats;
  const absl::Status status = RemoveTree(Path("tree"), options, &stats);
  EXPECT_EQ(stats.errors.size(), 3u);
  EXPECT_EQ(stats.error_count, 20u);
  EXPECT_EQ(stats.files, 20u);
  EXPECT_NE(status.message().find(" (and 19 more errors)"), std::string::npos)
      << status;
  EXPECT_EQ(CountEntries("tree"), 20);
}

// C29.
TEST_F(RemoveTreeErrorTest, NoErrorNeedsToBeKept) {
  MakeDirectory("tree");
  MakeFile("tree/immutable");
  MakeImmutable("tree/immutable");
  RemoveTreeOptions options;
  options.max_errors = 0;
  RemoveTreeStats stats;
  EXPECT_FALSE(RemoveTree(Path("tree"), options, &stats).ok());
  EXPECT_TRUE(stats.errors.empty());
  EXPECT_EQ(stats.error_count, 1u);
}

// C29: errors below a directory that was moved name both places.
TEST_F(RemoveTreeErrorTest, ErrorBelowMovedDirectoryHasBothPaths) {
  constexpr int kLevels = 150;
  MakeDirectory("tree");
  const int tree = openat(fd(), "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int lowest = finalize_test::MakeDeep(tree, kLevels);
  ASSERT_TRUE(finalize_test::MakeFile(lowest, "immutable"));
  ASSERT_TRUE(finalize_test::MakeFile(lowest, "other"));
  MakeImmutable(openat(lowest, "immutable", O_RDONLY | O_CLOEXEC));
  close(lowest);
  close(tree);
  RemoveTreeStats stats;
  const absl::Status status = RemoveTree(Path("tree"), {}, &stats);
  ASSERT_EQ(stats.errors.size(), 1u) << status;
  const RemoveTreeError& error = stats.errors[0];
  std::string original = Path("tree");
  for (int i = 0; i < kLevels; ++i) original += "/d";
  EXPECT_EQ(error.path, original + "/immutable");
  EXPECT_EQ(error.present_path.rfind(Path("tree/.moved-"), 0), 0u)
      << error.present_path;
  EXPECT_EQ(access(error.present_path.c_str(), F_OK), 0);
  EXPECT_EQ(stats.files, 1u);
  AllowAll();
  EXPECT_TRUE(RemoveTree(Path("tree")).ok());
  EXPECT_FALSE(Exists("tree"));
}

// C29: an immutable directory keeps what is in it, and nothing else.
TEST_F(RemoveTreeErrorTest, ImmutableDirectoryKeepsItsContentOnly) {
  MakeDirectory("tree");
  MakeDirectory("tree/sub");
  MakeFile("tree/sub/file");
  MakeDirectory("tree/sub/lower");
  MakeFile("tree/sub/lower/file");
  MakeFile("tree/file");
  MakeImmutable("tree/sub");
  RemoveTreeStats stats;
  EXPECT_EQ(RemoveTree(Path("tree"), {}, &stats).code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(Exists("tree/sub/file"));
  EXPECT_FALSE(Exists("tree/sub/lower/file"));
  EXPECT_FALSE(Exists("tree/file"));
  EXPECT_EQ(stats.error_count, 2u) << "the file and the directory in it";
}

}  // namespace
