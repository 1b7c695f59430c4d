// SPDX-License-Identifier: Apache-2.0

// RemoveTree while what it empties is moved: out of the tree, within it, or
// with the tree. Each call takes a millisecond here, so each step is one at
// which it looks.

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tempdir/internal/remove/remove_tree_at.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/removal_storage.h"
#include "tempdir/remove_tree.h"
#include "tests/support/removal_fixture.h"
#include "tests/support/tree_shapes.h"

namespace {

using tempdir::RemoveTreeOptions;
using tempdir_internal::HeapStorage;
using tempdir_internal::kKernelCalls;
using tempdir_internal::RemoveTreeWith;
using tempdir_internal::SystemCalls;

// After so many removed files, `from` is renamed to `to` in `scratch`.
int scratch = -1;
int files_before = 0;
const char* from = "";
const char* to = "";
int files = 0;
int64_t now = 0;

int64_t Now() { return now += 1000000; }

int RemoveAndMove(int directory, const char* name, int flags) {
  const int result = kKernelCalls.remove(directory, name, flags);
  if (flags == 0 && result == 0 && ++files == files_before) {
    EXPECT_EQ(renameat(scratch, from, scratch, to), 0);
  }
  return result;
}

class RemoveTreeDepartureTest : public finalize_test::RemovalTest {
 protected:
  // "tree/a" with 100 directories of one file each.
  void SetUp() override {
    scratch = fd();
    files = 0;
    MakeDirectory("outside");
    MakeDirectory("tree");
    MakeDirectory("tree/a");
    const int a = openat(fd(), "tree/a", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ASSERT_TRUE(finalize_test::MakeTree(a, 1, 100, 1));
    close(a);
  }
  absl::Status RemoveWhileMoving(const char* what, const char* where,
                                 int after) {
    from = what;
    to = where;
    files_before = after;
    SystemCalls calls = kKernelCalls;
    calls.now = Now;
    calls.remove = RemoveAndMove;
    RemoveTreeOptions options;
    options.max_threads = 1;
    HeapStorage storage;
    return RemoveTreeWith(calls, storage, Path("tree"), options, nullptr);
  }
  // Files in the directories that are in `directory`.
  int CountFiles(const std::string& directory) {
    int count = 0;
    for (int i = 0; i < 100; ++i) {
      char name[16];
      snprintf(name, sizeof name, "l%05d", i);
      count += Exists(directory + "/" + name + "/f0000000");
    }
    return count;
  }
};

// C29, edge 24.
TEST_F(RemoveTreeDepartureTest, DirectoryMovedOutKeepsItsContent) {
  const absl::Status status = RemoveWhileMoving("tree/a", "outside/a", 10);
  EXPECT_EQ(status.ToString(),
            absl::StrCat("ABORTED: cannot remove \"", Path("tree/a"),
                         "\": it was moved away or replaced while it was "
                         "emptied"));
  EXPECT_EQ(CountFiles("outside/a/m00000"), 90);
  EXPECT_EQ(CountEntries("outside/a"), 1);
}

TEST_F(RemoveTreeDepartureTest, TreeThatIsMovedKeepsItsContent) {
  const absl::Status status = RemoveWhileMoving("tree", "outside/tree", 10);
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_EQ(CountFiles("outside/tree/a/m00000"), 90);
}

TEST_F(RemoveTreeDepartureTest, TreeThatIsRenamedKeepsItsContent) {
  const absl::Status status = RemoveWhileMoving("tree", "rescued", 10);
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_EQ(CountFiles("rescued/a/m00000"), 90);
}

// C29, edge 24: a directory that is being read keeps the rest of its files.
TEST_F(RemoveTreeDepartureTest, WideDirectoryMovedOutKeepsMostOfItsFiles) {
  MakeDirectory("tree/a/wide");
  const int wide =
      openat(fd(), "tree/a/wide", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_TRUE(finalize_test::MakeWide(wide, 10000));
  close(wide);
  const absl::Status status = RemoveWhileMoving("tree/a", "outside/a", 1000);
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_GT(CountEntries("outside/a/wide"), 8000);
}

// C29: what stays in the tree is removed wherever it is there.
TEST_F(RemoveTreeDepartureTest, DirectoryMovedWithinTheTreeIsRemoved) {
  const absl::Status status = RemoveWhileMoving("tree/a", "tree/b", 10);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_FALSE(Exists("tree"));
}

}  // namespace
