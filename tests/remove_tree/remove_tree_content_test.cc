// SPDX-License-Identifier: Apache-2.0

// What may be in a tree that RemoveTree removes, and what it counts.

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tempdir/remove_tree.h"
#include "tests/support/forked.h"
#include "tests/support/removal_fixture.h"
#include "tests/support/tree_shapes.h"

namespace {

using finalize_test::Forked;
using tempdir::RemoveTree;
using tempdir::RemoveTreeOptions;
using tempdir::RemoveTreeStats;

using RemoveTreeContentTest = finalize_test::RemovalTest;

// C29, edge 26.
TEST_F(RemoveTreeContentTest, AnyNameIsRemoved) {
  MakeDirectory("tree");
  for (const std::string& name :
       {std::string("new\nline"), std::string("\xff\xfe\x80"),
        std::string("-rf"), std::string(255, 'x'), std::string("..."),
        std::string("back\\slash"), std::string("  "), std::string("*"),
        std::string(".hidden"), std::string(".moved-00000000-00000000")}) {
    MakeFile("tree/" + name);
    MakeDirectory("tree/" + name.substr(1) + "~");
    MakeFile("tree/" + name.substr(1) + "~/" + name);
  }
  EXPECT_TRUE(RemoveTree(Path("tree")).ok());
  EXPECT_FALSE(Exists("tree"));
}

// C29, edge 26.
TEST_F(RemoveTreeContentTest, PathsInTheTreeMayBeLongerThanTheSystemTakes) {
  MakeDirectory("tree");
  const int tree = openat(fd(), "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int lowest =
      finalize_test::MakeDeep(tree, 100, std::string(250, 'n').c_str());
  ASSERT_GE(lowest, 0);
  ASSERT_TRUE(finalize_test::MakeFile(lowest, "file"));
  close(lowest);
  close(tree);
  RemoveTreeStats stats;
  EXPECT_TRUE(RemoveTree(Path("tree"), {}, &stats).ok());
  EXPECT_EQ(stats.directories, 101u);
  EXPECT_FALSE(Exists("tree"));
}

// C29, edge 27.
TEST_F(RemoveTreeContentTest, SpecialFilesAreRemovedUnopened) {
  MakeDirectory("tree");
  ASSERT_EQ(mkfifoat(fd(), "tree/fifo", 0), 0);
  ASSERT_EQ(mknodat(fd(), "tree/socket", S_IFSOCK | 0600, 0), 0);
  MakeLink("loop", "tree/loop");
  MakeLink("nowhere", "tree/dangling");
  MakeFile("tree/unreadable");
  ASSERT_EQ(fchmodat(fd(), "tree/unreadable", 0, 0), 0);
  RemoveTreeStats stats;
  EXPECT_TRUE(RemoveTree(Path("tree"), {}, &stats).ok());
  EXPECT_EQ(stats.files, 5u);
  EXPECT_FALSE(Exists("tree"));
}

// C29, edge 27.
TEST_F(RemoveTreeContentTest, TargetsOfLinksAreNotTouched) {
  MakeDirectory("outside", 0500);
  ASSERT_EQ(fchmodat(fd(), "outside", 0700, 0), 0);
  MakeFile("outside/precious", "content");
  ASSERT_EQ(fchmodat(fd(), "outside/precious", 0400, 0), 0);
  ASSERT_EQ(fchmodat(fd(), "outside", 0500, 0), 0);
  MakeDirectory("tree");
  MakeLink("../outside", "tree/to-directory");
  MakeLink("../outside/precious", "tree/to-file");
  ASSERT_EQ(linkat(fd(), "outside/precious", fd(), "tree/hard", 0), 0);
  EXPECT_TRUE(RemoveTree(Path("tree")).ok());
  EXPECT_FALSE(Exists("tree"));
  EXPECT_EQ(Content("outside/precious"), "content");
  EXPECT_EQ(Mode("outside/precious"), 0400u);
  EXPECT_EQ(Mode("outside"), 0500u);
}

// C29, edge 32.
TEST_F(RemoveTreeContentTest, HoldersOfWhatIsRemovedAreUnharmed) {
  MakeDirectory("tree");
  MakeDirectory("tree/here");
  MakeFile("tree/open", "still readable");
  const int open_file = openat(fd(), "tree/open", O_RDONLY | O_CLOEXEC);
  char* mapped = static_cast<char*>(
      mmap(nullptr, 14, PROT_READ, MAP_PRIVATE, open_file, 0));
  ASSERT_NE(mapped, MAP_FAILED);
  EXPECT_EQ(InChild([&] {
              if (chdir("tree/here") != 0) return "no directory";
              if (!RemoveTree("../../tree").ok()) return "not removed";
              char buffer[64];
              return getcwd(buffer, sizeof buffer) == nullptr
                         ? ""
                         : "the current directory is still there";
            }),
            "");
  EXPECT_FALSE(Exists("tree"));
  EXPECT_EQ(std::string(mapped, 14), "still readable");
  munmap(mapped, 14);
  close(open_file);
}

// C29, edge 32.
TEST_F(RemoveTreeContentTest, RunningProgramIsRemoved) {
  MakeDirectory("tree");
  ASSERT_EQ(InChild([] {
              execlp("cp", "cp", "/bin/cat", "tree/cat", nullptr);
              return std::string("no cp");
            }),
            "");
  int to_cat[2], from_cat[2];
  ASSERT_EQ(pipe2(to_cat, O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(from_cat, O_CLOEXEC), 0);
  const std::string program = Path("tree/cat");
  const pid_t cat = Forked(fork());
  if (cat == 0) {
    dup2(to_cat[0], 0);
    dup2(from_cat[1], 1);
    execl(program.c_str(), "cat", nullptr);
    _exit(127);
  }
  char letter = 'a';
  ASSERT_EQ(write(to_cat[1], &letter, 1), 1);
  ASSERT_EQ(read(from_cat[0], &letter, 1), 1);  // it runs
  EXPECT_TRUE(RemoveTree(Path("tree")).ok());
  EXPECT_FALSE(Exists("tree"));
  ASSERT_EQ(write(to_cat[1], "b", 1), 1);
  ASSERT_EQ(read(from_cat[0], &letter, 1), 1);
  EXPECT_EQ(letter, 'b');
  for (const int end : {to_cat[0], to_cat[1], from_cat[0], from_cat[1]}) {
    close(end);
  }
  int status;
  waitpid(cat, &status, 0);
  EXPECT_EQ(status, 0);
}

// C29, edge 40.
TEST_F(RemoveTreeContentTest, EveryEntryIsCountedOnce) {
  MakeDirectory("tree");
  const int tree = openat(fd(), "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_TRUE(finalize_test::MakeTree(tree, 7, 30, 5));
  ASSERT_TRUE(finalize_test::MakeEmpty(tree, 300));
  close(tree);
  RemoveTreeStats stats;
  EXPECT_TRUE(RemoveTree(Path("tree"), {}, &stats).ok());
  EXPECT_EQ(stats.files, 7u * 30 * 5);
  EXPECT_EQ(stats.directories, 1u + 7 + 7 * 30 + 300);
  EXPECT_EQ(stats.error_count, 0u);
  EXPECT_GT(stats.elapsed, absl::ZeroDuration());
}

// C29, edge 40: a file's bytes count when its last name goes.
TEST_F(RemoveTreeContentTest, BytesOfLastNamesAreCountedOnRequest) {
  MakeDirectory("tree");
  MakeFile("tree/a", std::string(1000, 'x'));
  MakeFile("tree/b", std::string(30, 'x'));
  MakeFile("outside", std::string(500, 'x'));
  ASSERT_EQ(linkat(fd(), "tree/b", fd(), "tree/b2", 0), 0);
  ASSERT_EQ(linkat(fd(), "outside", fd(), "tree/shared", 0), 0);
  MakeLink("a", "tree/link");
  RemoveTreeOptions options;
  options.count_bytes = true;
  RemoveTreeStats stats;
  EXPECT_TRUE(RemoveTree(Path("tree"), options, &stats).ok());
  EXPECT_EQ(stats.bytes, 1030u);
  EXPECT_EQ(stats.files, 5u);
}

// C29.
TEST_F(RemoveTreeContentTest, DryRunCountsAndTouchesNothing) {
  MakeDirectory("tree");
  const int tree = openat(fd(), "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_TRUE(finalize_test::MakeTree(tree, 5, 8, 3));
  const int lowest = finalize_test::MakeDeep(tree, 100);
  ASSERT_TRUE(finalize_test::MakeFile(lowest, "file", 10));
  struct stat before, after;
  ASSERT_EQ(fstat(tree, &before), 0);
  RemoveTreeOptions options;
  options.dry_run = true;
  options.count_bytes = true;
  RemoveTreeStats dry, wet;
  EXPECT_TRUE(RemoveTree(Path("tree"), options, &dry).ok());
  ASSERT_EQ(fstat(tree, &after), 0);
  EXPECT_EQ(before.st_ctim.tv_nsec, after.st_ctim.tv_nsec);
  EXPECT_EQ(before.st_atim.tv_nsec, after.st_atim.tv_nsec);
  EXPECT_EQ(faccessat(lowest, "file", F_OK, 0), 0);
  options.dry_run = false;
  EXPECT_TRUE(RemoveTree(Path("tree"), options, &wet).ok());
  EXPECT_FALSE(Exists("tree"));
  EXPECT_EQ(dry.files, wet.files);
  EXPECT_EQ(dry.directories, wet.directories);
  EXPECT_EQ(dry.bytes, wet.bytes);
  EXPECT_EQ(dry.bytes, 10u);
  close(lowest);
  close(tree);
}

// C29.
TEST_F(RemoveTreeContentTest, StatsAreOverwritten) {
  RemoveTreeStats stats;
  stats.files = 7;
  stats.error_count = 7;
  EXPECT_TRUE(RemoveTree(Path("missing"), {}, &stats).ok());
  EXPECT_EQ(stats.entries(), 0u);
  EXPECT_EQ(stats.error_count, 0u);
}

}  // namespace
