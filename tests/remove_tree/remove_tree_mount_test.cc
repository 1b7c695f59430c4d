// SPDX-License-Identifier: Apache-2.0

// RemoveTree on trees with something mounted in them. Each test runs in a child
// with a mount namespace of its own.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/internal/remove/remove_tree_at.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/removal_storage.h"
#include "tempdir/remove_tree.h"
#include "tests/support/private_mounts.h"
#include "tests/support/removal_fixture.h"

namespace {

using finalize_test::EnterPrivateMounts;
using finalize_test::MountPrivateMemory;
using tempdir::RemoveTree;
using tempdir::RemoveTreeStats;
using tempdir_internal::kKernelCalls;
using tempdir_internal::RemoveTreeWith;
using tempdir_internal::SystemCalls;

class RemoveTreeMountTest : public finalize_test::RemovalTest {
 protected:
  void SetUp() override {
    MakeDirectory("outside");
    MakeFile("outside/precious", "content");
    MakeDirectory("outside/sub");
    MakeFile("outside/sub/precious");
    SetUpTree();
  }
  void SetUpTree() {
    MakeDirectory("tree");
    MakeDirectory("tree/a");
    MakeDirectory("tree/a/mounted");
    MakeDirectory("tree/a/mounted/below");
    MakeFile("tree/a/sibling");
    MakeDirectory("tree/b");
    MakeFile("tree/b/file");
    MakeFile("tree/file");
  }
};

// As seen from within the child: the fixture's descriptor is of the mount
// namespace outside.
bool IsThere(const char* path) { return access(path, F_OK) == 0; }

std::string BindOutside(const char* where) {
  std::string said = MountPrivateMemory("tree/b", nullptr);
  if (!said.empty()) return said;
  umount("tree/b");
  return mount("outside", where, nullptr, MS_BIND, nullptr) == 0
             ? ""
             : std::string("no bind mount: ") + strerror(errno);
}

// Removes "tree" in which tree/a/mounted is a mount point, and looks at it.
std::string RemoveAround(const SystemCalls& calls) {
  tempdir_internal::HeapStorage storage;
  RemoveTreeStats stats;
  const absl::Status status =
      RemoveTreeWith(calls, storage, "tree", {}, &stats);
  if (status.code() != absl::StatusCode::kFailedPrecondition) {
    return status.ToString();
  }
  if (stats.errors.size() != 1) return "wrong number of errors";
  if (stats.errors[0].path != "tree/a/mounted") return stats.errors[0].path;
  if (status.message() !=
      "cannot remove \"tree/a/mounted\": it is a mount point") {
    return std::string(status.message());
  }
  if (IsThere("tree/a/sibling") || IsThere("tree/b") || IsThere("tree/file")) {
    return "siblings stayed";
  }
  return "";
}

int NoOpenat2(int, const char*, int) { return -ENOSYS; }
int ForbiddenOpenat2(int, const char*, int) { return -EPERM; }

SystemCalls WithoutOpenat2(int (*open_beneath)(int, const char*, int)) {
  SystemCalls calls = kKernelCalls;
  calls.open_beneath = open_beneath;
  return calls;
}

// C29, edge 28.
TEST_F(RemoveTreeMountTest, BindMountIsNotEntered) {
  EXPECT_EQ(InChild([] {
              const std::string said = BindOutside("tree/a/mounted");
              return said.empty() ? RemoveAround(kKernelCalls) : said;
            }),
            "");
  EXPECT_EQ(Content("outside/precious"), "content");
  EXPECT_TRUE(Exists("outside/sub/precious"));
}

// C29, edge 28: where the kernel cannot be asked to stay.
TEST_F(RemoveTreeMountTest, BindMountIsNotEnteredWithoutOpenat2) {
  for (const auto open_beneath : {NoOpenat2, ForbiddenOpenat2}) {
    EXPECT_EQ(InChild([&] {
                const std::string said = BindOutside("tree/a/mounted");
                return said.empty() ? RemoveAround(WithoutOpenat2(open_beneath))
                                    : said;
              }),
              "");
    EXPECT_EQ(Content("outside/precious"), "content");
    EXPECT_TRUE(Exists("outside/sub/precious"));
    ASSERT_TRUE(RemoveTree(Path("tree")).ok());
    SetUpTree();
  }
}

// C29, edge 28.
TEST_F(RemoveTreeMountTest, MountedFileSystemIsNotEntered) {
  for (const SystemCalls& calls : {kKernelCalls, WithoutOpenat2(NoOpenat2)}) {
    EXPECT_EQ(InChild([&]() -> std::string {
                std::string said =
                    MountPrivateMemory("tree/a/mounted", nullptr);
                if (!said.empty()) return said;
                const int file = open("tree/a/mounted/precious",
                                      O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                if (file < 0) return "no file";
                close(file);
                said = RemoveAround(calls);
                if (!said.empty()) return said;
                return IsThere("tree/a/mounted/precious") ? "" : "lost a file";
              }),
              "");
    ASSERT_TRUE(RemoveTree(Path("tree")).ok());
    SetUpTree();
  }
}

// C29, edge 28.
TEST_F(RemoveTreeMountTest, FileMountedOnFileStays) {
  EXPECT_EQ(InChild([]() -> std::string {
              std::string said = MountPrivateMemory("tree/b", nullptr);
              if (!said.empty()) return said;
              umount("tree/b");
              if (mount("outside/precious", "tree/a/sibling", nullptr, MS_BIND,
                        nullptr) != 0) {
                return "no bind mount";
              }
              RemoveTreeStats stats;
              const absl::Status status = RemoveTree("tree", {}, &stats);
              if (stats.errors.size() != 1) return status.ToString();
              return stats.errors[0].path;
            }),
            "tree/a/sibling");
  EXPECT_EQ(Content("outside/precious"), "content");
  EXPECT_FALSE(Exists("tree/b"));
}

// C29, edges 25 and 28.
TEST_F(RemoveTreeMountTest, MountPointAsArgumentIsRefused) {
  for (const SystemCalls& calls : {kKernelCalls, WithoutOpenat2(NoOpenat2)}) {
    for (const char* argument : {"tree/a/mounted", "tree/a/mounted/"}) {
      EXPECT_EQ(InChild([&] {
                  const std::string said = BindOutside("tree/a/mounted");
                  if (!said.empty()) return said;
                  tempdir_internal::HeapStorage storage;
                  return RemoveTreeWith(calls, storage, argument, {}, nullptr)
                      .ToString();
                }),
                "FAILED_PRECONDITION: cannot remove \"tree/a/mounted\": it is "
                "a mount point");
      EXPECT_EQ(Content("outside/precious"), "content");
      EXPECT_TRUE(Exists("outside/sub/precious"));
    }
  }
}

// Mounts outside on tree/a/mounted when the hook is called for the time that is
// set: the race of a mount with the removal.
int mount_at_call = 0;
int mount_calls = 0;
bool MountNow() {
  return ++mount_calls == mount_at_call &&
         mount("outside", "tree/a/mounted", nullptr, MS_BIND, nullptr) == 0;
}

int OpenAfterMount(int directory, const char* name, int flags) {
  if (strcmp(name, "mounted") == 0) MountNow();
  return kKernelCalls.open(directory, name, flags);
}
int OpenBeforeMount(int directory, const char* name, int flags) {
  const int fd = kKernelCalls.open(directory, name, flags);
  if (strcmp(name, "mounted") == 0) MountNow();
  return fd;
}
int OpenBeneathBeforeMount(int directory, const char* name, int flags) {
  const int fd = kKernelCalls.open_beneath(directory, name, flags);
  if (strcmp(name, "mounted") == 0) MountNow();
  return fd;
}

std::string RemoveWhileMounting(const SystemCalls& calls) {
  const std::string said = EnterPrivateMounts();
  if (!said.empty()) return said;
  mount_calls = 0;
  mount_at_call = 1;
  return RemoveAround(calls);
}

// C29: a mount that appears after the look at the name.
TEST_F(RemoveTreeMountTest, MountBetweenLookAndOpenIsNotEntered) {
  SystemCalls calls = WithoutOpenat2(NoOpenat2);
  calls.open = OpenAfterMount;
  EXPECT_EQ(InChild([&] { return RemoveWhileMounting(calls); }), "");
  EXPECT_EQ(Content("outside/precious"), "content");
  EXPECT_TRUE(Exists("outside/sub/precious"));
}

// C29, C38: a mount that comes late is called what it is.
TEST_F(RemoveTreeMountTest, MountAfterOpenIsCalledMountPoint) {
  SystemCalls calls = WithoutOpenat2(NoOpenat2);
  calls.open = OpenBeforeMount;
  EXPECT_EQ(InChild([&] { return RemoveWhileMounting(calls); }), "");
  ASSERT_TRUE(RemoveTree(Path("tree")).ok());
  SetUpTree();
  calls = kKernelCalls;
  calls.open_beneath = OpenBeneathBeforeMount;
  EXPECT_EQ(InChild([&] { return RemoveWhileMounting(calls); }), "");
  EXPECT_EQ(Content("outside/precious"), "content");
  EXPECT_TRUE(Exists("outside/sub/precious"));
}

int BusyFile(int directory, const char* name, int flags) {
  return strcmp(name, "file") == 0
             ? -EBUSY
             : kKernelCalls.remove(directory, name, flags);
}

// C29, C38: what is busy for another reason is not called a mount point.
TEST_F(RemoveTreeMountTest, BusyFileIsNotCalledMountPoint) {
  for (SystemCalls calls : {kKernelCalls, WithoutOpenat2(NoOpenat2)}) {
    calls.remove = BusyFile;
    tempdir_internal::HeapStorage storage;
    EXPECT_EQ(
        RemoveTreeWith(calls, storage, Path("tree/file"), {}, nullptr)
            .message(),
        "cannot remove \"" + Path("tree/file") + "\": Device or resource busy");
    MakeDirectory("other");
    MakeFile("other/file");
    EXPECT_EQ(
        RemoveTreeWith(calls, storage, Path("other"), {}, nullptr).message(),
        "cannot remove \"" + Path("other/file") +
            "\": Device or resource busy");
    ASSERT_TRUE(RemoveTree(Path("other")).ok());
  }
}

// C29, C38: a directory that is moved while the kernel opens it has nothing
// mounted on it.
TEST_F(RemoveTreeMountTest, DirectoryMovedWhileItIsOpenedIsNoMountPoint) {
  std::atomic<bool> stop{false};
  std::thread mover([&] {
    while (!stop) {
      renameat(fd(), "tree/a", fd(), "a");
      renameat(fd(), "a", fd(), "tree/a");
    }
  });
  const int tree = open(Path("tree").c_str(), O_PATH | O_CLOEXEC);
  int opened = 0;
  int mount_points = 0;
  for (int i = 0; i < 20000 || opened < 1000; ++i) {
    const int directory = kKernelCalls.open_beneath(
        tree, "a", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    mount_points += directory == -EXDEV;
    if (directory < 0) continue;
    ++opened;
    close(directory);
  }
  stop = true;
  mover.join();
  close(tree);
  EXPECT_EQ(mount_points, 0);
}

// C29: without openat2 everything else works as well.
TEST_F(RemoveTreeMountTest, TreeWithoutMountsIsRemovedWithoutOpenat2) {
  for (const auto open_beneath : {NoOpenat2, ForbiddenOpenat2}) {
    tempdir_internal::HeapStorage storage;
    RemoveTreeStats stats;
    EXPECT_TRUE(RemoveTreeWith(WithoutOpenat2(open_beneath), storage,
                               Path("tree"), {}, &stats)
                    .ok());
    EXPECT_EQ(stats.entries(), 8u);
    EXPECT_FALSE(Exists("tree"));
    SetUpTree();
  }
}

}  // namespace
