// SPDX-License-Identifier: Apache-2.0

// DirectoryIdentity, and the removal of exactly the directory that is meant.

#include "tempdir/internal/remove/remove_tree_at.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "tempdir/internal/identity/directory_identity.h"
#include "tempdir/remove_tree_options.h"
#include "tests/support/removal_fixture.h"

namespace {

using tempdir::RemoveTreeStats;
using tempdir_internal::DirectoryIdentity;
using tempdir_internal::RemoveTreeAt;

class RemoveTreeAtTest : public finalize_test::RemovalTest {
 protected:
  DirectoryIdentity Identify(const std::string& name) {
    const int directory =
        openat(fd(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    absl::StatusOr<DirectoryIdentity> identity =
        DirectoryIdentity::Of(directory);
    close(directory);
    EXPECT_TRUE(identity.ok()) << identity.status();
    return *std::move(identity);
  }
  bool Is(const DirectoryIdentity& identity, const std::string& name) {
    const int directory = openat(fd(), name.c_str(), O_PATH | O_CLOEXEC);
    const bool is = identity.Is(directory);
    close(directory);
    return is;
  }
  absl::Status Remove(const DirectoryIdentity& expected,
                      RemoveTreeStats* stats = nullptr) {
    return RemoveTreeAt(fd(), "mine", expected, {}, stats, "/shown/mine");
  }
};

// C27.
TEST_F(RemoveTreeAtTest, IdentityFollowsTheDirectoryNotTheName) {
  MakeDirectory("mine");
  MakeDirectory("other");
  const DirectoryIdentity identity = Identify("mine");
  EXPECT_TRUE(Is(identity, "mine"));
  EXPECT_FALSE(Is(identity, "other"));
  ASSERT_EQ(renameat(fd(), "mine", fd(), "moved"), 0);
  EXPECT_TRUE(Is(identity, "moved"));
}

// C27: an inode number that is used again fools nobody.
TEST_F(RemoveTreeAtTest, IdentityIsNotInheritedWithTheInodeNumber) {
  MakeDirectory("mine");
  struct stat first, again;
  ASSERT_EQ(fstatat(fd(), "mine", &first, 0), 0);
  const DirectoryIdentity identity = Identify("mine");
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(unlinkat(fd(), "mine", AT_REMOVEDIR), 0);
    MakeDirectory("mine");
    ASSERT_EQ(fstatat(fd(), "mine", &again, 0), 0);
    EXPECT_FALSE(Is(identity, "mine")) << first.st_ino << " " << again.st_ino;
  }
}

// C27.
TEST_F(RemoveTreeAtTest, OnlyDirectoriesHaveAnIdentity) {
  MakeFile("file");
  const int file = openat(fd(), "file", O_RDONLY | O_CLOEXEC);
  EXPECT_FALSE(DirectoryIdentity::Of(file).ok());
  close(file);
  EXPECT_FALSE(DirectoryIdentity::Of(-1).ok());
}

// C27.
TEST_F(RemoveTreeAtTest, ExpectedDirectoryIsRemoved) {
  MakeDirectory("mine");
  MakeDirectory("mine/sub");
  MakeFile("mine/sub/file");
  const DirectoryIdentity identity = Identify("mine");
  RemoveTreeStats stats;
  const absl::Status status = Remove(identity, &stats);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(stats.entries(), 3u);
  EXPECT_FALSE(Exists("mine"));
}

TEST_F(RemoveTreeAtTest, EmptyDirectoryIsRemoved) {
  MakeDirectory("mine");
  const DirectoryIdentity identity = Identify("mine");
  RemoveTreeStats stats;
  EXPECT_TRUE(Remove(identity, &stats).ok());
  EXPECT_EQ(stats.directories, 1u);
  EXPECT_FALSE(Exists("mine"));
}

// C27, edge 6.
TEST_F(RemoveTreeAtTest, DirectoryThatIsGoneIsSuccess) {
  MakeDirectory("mine");
  const DirectoryIdentity identity = Identify("mine");
  ASSERT_EQ(unlinkat(fd(), "mine", AT_REMOVEDIR), 0);
  EXPECT_TRUE(Remove(identity).ok());
}

// C27, edge 5.
TEST_F(RemoveTreeAtTest, StrangerInItsPlaceSurvives) {
  MakeDirectory("mine");
  MakeFile("mine/file");
  const DirectoryIdentity identity = Identify("mine");
  ASSERT_EQ(renameat(fd(), "mine", fd(), "moved"), 0);
  MakeDirectory("mine");
  MakeFile("mine/precious");
  const absl::Status status = Remove(identity);
  EXPECT_EQ(status.ToString(),
            "FAILED_PRECONDITION: cannot remove \"/shown/mine\": something "
            "else stands there now");
  EXPECT_TRUE(Exists("mine/precious"));
  EXPECT_TRUE(Exists("moved/file"));
}

// C27: as a link, a file, or an empty directory, too.
TEST_F(RemoveTreeAtTest, StrangerOfAnyKindSurvives) {
  MakeDirectory("mine");
  const DirectoryIdentity identity = Identify("mine");
  ASSERT_EQ(renameat(fd(), "mine", fd(), "moved"), 0);
  MakeLink("moved", "mine");
  EXPECT_EQ(Remove(identity).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Exists("mine"));
  ASSERT_EQ(unlinkat(fd(), "mine", 0), 0);
  MakeFile("mine");
  EXPECT_EQ(Remove(identity).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Exists("mine"));
  ASSERT_EQ(unlinkat(fd(), "mine", 0), 0);
  MakeDirectory("mine");
  EXPECT_EQ(Remove(identity).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Exists("mine"));
  EXPECT_TRUE(Exists("moved"));
}

// C27: a stranger's mode is not changed either.
TEST_F(RemoveTreeAtTest, UnreadableStrangerKeepsItsMode) {
  MakeDirectory("mine");
  const DirectoryIdentity identity = Identify("mine");
  ASSERT_EQ(renameat(fd(), "mine", fd(), "moved"), 0);
  MakeDirectory("mine", 0);
  EXPECT_EQ(AsNobody([&] { return Remove(identity).ToString(); }),
            "FAILED_PRECONDITION: cannot remove \"/shown/mine\": something "
            "else stands there now");
  EXPECT_EQ(Mode("mine"), 0u);
}

// C27, C29: one's own is repaired.
TEST_F(RemoveTreeAtTest, UnreadableDirectoryOfOnesOwnIsRemoved) {
  MakeDirectory("mine");
  MakeFile("mine/file");
  ASSERT_EQ(fchmodat(fd(), "mine", 0, 0), 0);
  const DirectoryIdentity identity = Identify("mine");
  EXPECT_EQ(AsNobody([&] { return Remove(identity).ToString(); }), "OK");
  EXPECT_FALSE(Exists("mine"));
}

// C28: errors carry the path that the caller shows.
TEST_F(RemoveTreeAtTest, ErrorsShowTheCallersPath) {
  MakeDirectory("mine");
  MakeDirectory("mine/sub");
  MakeFile("mine/sub/file");
  const DirectoryIdentity identity = Identify("mine");
  EXPECT_EQ(InChild([&]() -> std::string {
              if (fchown(fd(), 65534, 65534) != 0 ||
                  fchownat(fd(), "mine", 65534, 65534, 0) != 0) {
                return "not given away";
              }
              return finalize_test::Become(
                  65534, [&] { return Remove(identity).ToString(); });
            }),
            "PERMISSION_DENIED: cannot remove \"/shown/mine/sub/file\": "
            "Permission denied");
}

}  // namespace
