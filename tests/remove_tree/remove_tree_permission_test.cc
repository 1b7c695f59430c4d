// SPDX-License-Identifier: Apache-2.0

// RemoveTree as an unprivileged user, on directories that forbid it.

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/remove_tree.h"
#include "tests/support/removal_fixture.h"

namespace {

using tempdir::RemoveTree;
using tempdir::RemoveTreeOptions;
using tempdir::RemoveTreeStats;

class RemoveTreePermissionTest : public finalize_test::RemovalTest {
 protected:
  // "tree" with a file, a directory "sub" of that mode with a file and a
  // directory in it, and a sibling that can be removed.
  void MakeTree(mode_t mode) {
    MakeDirectory("tree");
    MakeDirectory("tree/sub");
    MakeFile("tree/sub/file");
    MakeDirectory("tree/sub/lower");
    MakeFile("tree/sub/lower/file");
    MakeFile("tree/sibling");
    MakeDirectory("tree/zsibling");
    MakeFile("tree/zsibling/file");
    ASSERT_EQ(fchmodat(fd(), "tree/sub", mode, 0), 0);
  }
  std::string Remove() {
    return AsNobody([] { return RemoveTree("tree").ToString(); });
  }
};

// C29, edge 21.
TEST_F(RemoveTreePermissionTest, ReadOnlyDirectoryIsMadeWritable) {
  MakeTree(0555);
  EXPECT_EQ(Remove(), "OK");
  EXPECT_FALSE(Exists("tree"));
}

TEST_F(RemoveTreePermissionTest, UnreadableDirectoryIsMadeReadable) {
  MakeTree(0300);
  EXPECT_EQ(Remove(), "OK");
  EXPECT_FALSE(Exists("tree"));
}

TEST_F(RemoveTreePermissionTest, UnsearchableDirectoryIsMadeSearchable) {
  MakeTree(0600);
  EXPECT_EQ(Remove(), "OK");
  EXPECT_FALSE(Exists("tree"));
}

TEST_F(RemoveTreePermissionTest, DirectoryWithoutAnyPermissionIsRemoved) {
  MakeTree(0000);
  EXPECT_EQ(Remove(), "OK");
  EXPECT_FALSE(Exists("tree"));
}

TEST_F(RemoveTreePermissionTest, RootItselfIsRepaired) {
  for (const mode_t mode : {0555, 0300, 0600, 0000}) {
    MakeTree(0755);
    ASSERT_EQ(fchmodat(fd(), "tree", mode, 0), 0);
    EXPECT_EQ(Remove(), "OK") << mode;
    EXPECT_FALSE(Exists("tree")) << mode;
  }
}

TEST_F(RemoveTreePermissionTest, EveryLevelIsRepaired) {
  MakeTree(0000);
  ASSERT_EQ(fchmodat(fd(), "tree/sub/lower", 0000, 0), 0);
  ASSERT_EQ(fchmodat(fd(), "tree", 0000, 0), 0);
  EXPECT_EQ(Remove(), "OK");
  EXPECT_FALSE(Exists("tree"));
}

// C29, edge 21: without repair.
TEST_F(RemoveTreePermissionTest, RefusalIsReportedAndSiblingsGo) {
  for (const mode_t mode : {0555, 0300, 0000}) {
    MakeTree(mode);
    EXPECT_EQ(AsNobody([&]() -> std::string {
                RemoveTreeOptions options;
                options.make_writable = false;
                RemoveTreeStats stats;
                const absl::Status status = RemoveTree("tree", options, &stats);
                if (status.code() != absl::StatusCode::kPermissionDenied) {
                  return status.ToString();
                }
                for (const auto& error : stats.errors) {
                  if (error.path.rfind("tree/sub", 0) != 0) return error.path;
                  if (!error.present_path.empty()) return error.present_path;
                }
                return "";
              }),
              "")
        << mode;
    EXPECT_TRUE(Exists("tree/sub"));
    EXPECT_FALSE(Exists("tree/sibling"));
    EXPECT_FALSE(Exists("tree/zsibling"));
    EXPECT_EQ(Mode("tree/sub"), mode);
    ASSERT_TRUE(RemoveTree(Path("tree")).ok());
  }
}

// C29: never the directory above the root.
TEST_F(RemoveTreePermissionTest, ParentOfTheRootIsNotRepaired) {
  MakeDirectory("above");
  MakeDirectory("above/tree");
  MakeFile("above/tree/file");
  ASSERT_EQ(fchmodat(fd(), "above", 0555, 0), 0);
  EXPECT_EQ(AsNobody([]() -> std::string {
              RemoveTreeStats stats;
              const absl::Status status = RemoveTree("above/tree", {}, &stats);
              if (stats.errors.size() != 1) return "wrong number of errors";
              if (stats.errors[0].path != "above/tree") return "wrong path";
              return status.ToString();
            }),
            "PERMISSION_DENIED: cannot remove \"above/tree\": Permission "
            "denied");
  EXPECT_EQ(Mode("above"), 0555u);
  EXPECT_TRUE(Exists("above/tree"));
  EXPECT_FALSE(Exists("above/tree/file"));
}

// C29: only what is ours.
TEST_F(RemoveTreePermissionTest, DirectoryOfSomebodyElseIsNotRepaired) {
  MakeTree(0755);
  EXPECT_EQ(InChild([] {
              execlp("chown", "chown", "-hR", "65534", ".", nullptr);
              return std::string("no chown");
            }),
            "");
  MakeDirectory("tree/foreign");
  MakeFile("tree/foreign/file");
  MakeDirectory("tree/empty", 0);
  EXPECT_EQ(InChild([]() -> std::string {
              if (setresuid(65534, 65534, 65534) != 0) return "not nobody";
              RemoveTreeStats stats;
              const absl::Status status = RemoveTree("tree", {}, &stats);
              if (stats.errors.size() != 1) return "wrong number of errors";
              return stats.errors[0].path + " " + status.ToString();
            }),
            "tree/foreign/file PERMISSION_DENIED: cannot remove "
            "\"tree/foreign/file\": Permission denied");
  EXPECT_EQ(Mode("tree/foreign"), 0755u);
  EXPECT_EQ(CountEntries("tree"), 1) << "an empty one needs no permission";
}

// C29: a dry run reports what it would have to repair, and does not.
TEST_F(RemoveTreePermissionTest, DryRunRepairsNothing) {
  MakeTree(0000);
  EXPECT_EQ(AsNobody([]() -> std::string {
              RemoveTreeOptions options;
              options.dry_run = true;
              RemoveTreeStats stats;
              const absl::Status status = RemoveTree("tree", options, &stats);
              if (stats.errors.size() != 1) return "wrong number of errors";
              return stats.errors[0].path + " " +
                     std::to_string(stats.directories);
            }),
            "tree/sub 2");
  EXPECT_EQ(Mode("tree/sub"), 0u);
}

}  // namespace
