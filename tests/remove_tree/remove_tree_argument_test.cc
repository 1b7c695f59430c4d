// SPDX-License-Identifier: Apache-2.0

// What RemoveTree gives for each kind of argument: the table of its header.

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/filesystem/path.hpp>
#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/remove_tree.h"
#include "tests/support/removal_fixture.h"
#include "tests/support/tree_shapes.h"

namespace {

using absl::StatusCode;
using tempdir::RemoveTree;
using tempdir::RemoveTreeStats;

class RemoveTreeArgumentTest : public finalize_test::RemovalTest {
 protected:
  void SetUp() override {
    MakeDirectory("tree");
    MakeDirectory("tree/sub");
    MakeFile("tree/sub/file");
  }
  // Tries an argument as seen from within the scratch directory.
  std::string Try(std::string_view argument, StatusCode expected) {
    return InChild([&] {
      const absl::Status status = RemoveTree(argument);
      return status.code() == expected ? "" : status.ToString();
    });
  }
};

// C29, edge 25.
TEST_F(RemoveTreeArgumentTest, EmptyIsRefused) {
  EXPECT_EQ(Try("", StatusCode::kInvalidArgument), "");
}

TEST_F(RemoveTreeArgumentTest, RootDirectoryIsRefused) {
  EXPECT_EQ(Try("/", StatusCode::kInvalidArgument), "");
  EXPECT_EQ(Try("//", StatusCode::kInvalidArgument), "");
}

TEST_F(RemoveTreeArgumentTest, DotsAreRefused) {
  for (const char* argument : {".", "..", "./", "../", "tree/.", "tree/..",
                               "tree/sub/..", "tree/./"}) {
    EXPECT_EQ(Try(argument, StatusCode::kInvalidArgument), "") << argument;
  }
  EXPECT_TRUE(Exists("tree/sub/file"));
}

TEST_F(RemoveTreeArgumentTest, EmbeddedNulIsRefused) {
  EXPECT_EQ(Try(std::string_view("tree\0x", 6), StatusCode::kInvalidArgument),
            "");
  EXPECT_TRUE(Exists("tree/sub/file"));
}

TEST_F(RemoveTreeArgumentTest, MissingIsSuccess) {
  EXPECT_EQ(Try("missing", StatusCode::kOk), "");
  EXPECT_EQ(Try("missing/", StatusCode::kOk), "");
  EXPECT_EQ(Try("missing/below", StatusCode::kOk), "");
  EXPECT_EQ(Try("tree/sub/file/below", StatusCode::kOk), "");
  EXPECT_TRUE(Exists("tree/sub/file"));
}

TEST_F(RemoveTreeArgumentTest, TrailingSlashesOfDirectoryAreIgnored) {
  EXPECT_EQ(Try("tree/", StatusCode::kOk), "");
  EXPECT_FALSE(Exists("tree"));
  MakeDirectory("other");
  EXPECT_EQ(Try("other//", StatusCode::kOk), "");
  EXPECT_FALSE(Exists("other"));
}

TEST_F(RemoveTreeArgumentTest, LinkIsRemovedNotItsTarget) {
  MakeLink("tree", "link");
  EXPECT_EQ(Try("link", StatusCode::kOk), "");
  EXPECT_FALSE(Exists("link"));
  EXPECT_TRUE(Exists("tree/sub/file"));
}

TEST_F(RemoveTreeArgumentTest, LinkWithSlashIsRefused) {
  MakeLink("tree", "link");
  EXPECT_EQ(Try("link/", StatusCode::kFailedPrecondition), "");
  EXPECT_EQ(Try("link//", StatusCode::kFailedPrecondition), "");
  EXPECT_TRUE(Exists("link"));
  EXPECT_TRUE(Exists("tree/sub/file"));
}

TEST_F(RemoveTreeArgumentTest, DanglingAndLoopingLinksAreRemoved) {
  MakeLink("nowhere", "dangling");
  MakeLink("loop", "loop");
  EXPECT_EQ(Try("dangling", StatusCode::kOk), "");
  EXPECT_EQ(Try("loop", StatusCode::kOk), "");
  EXPECT_FALSE(Exists("dangling"));
  EXPECT_FALSE(Exists("loop"));
}

TEST_F(RemoveTreeArgumentTest, FileIsRemoved) {
  RemoveTreeStats stats;
  EXPECT_TRUE(RemoveTree(Path("tree/sub/file"), {}, &stats).ok());
  EXPECT_FALSE(Exists("tree/sub/file"));
  EXPECT_EQ(stats.files, 1u);
  EXPECT_EQ(stats.directories, 0u);
}

TEST_F(RemoveTreeArgumentTest, FileWithSlashIsRefused) {
  EXPECT_EQ(Try("tree/sub/file/", StatusCode::kFailedPrecondition), "");
  EXPECT_TRUE(Exists("tree/sub/file"));
}

TEST_F(RemoveTreeArgumentTest, FifoAndSocketAreRemovedUnopened) {
  ASSERT_EQ(mkfifoat(fd(), "fifo", 0600), 0);
  ASSERT_EQ(mknodat(fd(), "socket", S_IFSOCK | 0600, 0), 0);
  // Opening the fifo would wait for a writer.
  EXPECT_EQ(Try("fifo", StatusCode::kOk), "");
  EXPECT_EQ(Try("socket", StatusCode::kOk), "");
  EXPECT_FALSE(Exists("fifo"));
  EXPECT_FALSE(Exists("socket"));
}

TEST_F(RemoveTreeArgumentTest, LinksAboveTheLastComponentAreFollowed) {
  MakeLink("tree", "link");
  EXPECT_EQ(Try("link/sub", StatusCode::kOk), "");
  EXPECT_FALSE(Exists("tree/sub"));
  EXPECT_TRUE(Exists("tree"));
}

// C29, edge 26.
TEST_F(RemoveTreeArgumentTest, PathMayBeLongerThanTheSystemTakes) {
  const std::string name(200, 'n');
  const int lowest = finalize_test::MakeDeep(fd(), 60, name.c_str());
  ASSERT_GE(lowest, 0);
  ASSERT_TRUE(finalize_test::MakeFile(lowest, "file"));
  close(lowest);
  std::string path = Path(name);
  for (int i = 1; i < 60; ++i) path += "/" + name;
  ASSERT_GT(path.size(), size_t{2 * PATH_MAX});
  RemoveTreeStats stats;
  EXPECT_TRUE(RemoveTree(path, {}, &stats).ok());
  EXPECT_EQ(stats.entries(), 2u);
  EXPECT_TRUE(Exists(name));
}

TEST_F(RemoveTreeArgumentTest, EveryPathTypeIsWelcome) {
  for (const char* name : {"a", "b", "c", "d", "e"}) MakeDirectory(name);
  EXPECT_TRUE(RemoveTree(boost::filesystem::path(Path("a"))).ok());
  EXPECT_TRUE(RemoveTree(std::filesystem::path(Path("b"))).ok());
  EXPECT_TRUE(RemoveTree(Path("c")).ok());
  EXPECT_TRUE(RemoveTree(Path("d").c_str()).ok());
  EXPECT_TRUE(RemoveTree(std::string_view(Path("e"))).ok());
  for (const char* name : {"a", "b", "c", "d", "e"}) EXPECT_FALSE(Exists(name));
}

TEST_F(RemoveTreeArgumentTest, FailureNamesArgumentAndReason) {
  const absl::Status status = RemoveTree(Path("tree/sub/file/"));
  EXPECT_EQ(status.message(),
            "cannot remove \"" + Path("tree/sub/file") + "\": Not a directory");
}

}  // namespace
