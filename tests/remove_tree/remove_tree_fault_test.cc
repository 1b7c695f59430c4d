// SPDX-License-Identifier: Apache-2.0

// RemoveTree on a system that refuses things: descriptors, memory, entry types,
// calls.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/internal/remove/remove_tree_at.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/removal_storage.h"
#include "tempdir/remove_tree.h"
#include "tests/remove_tree/counting_storage.h"
#include "tests/support/removal_fixture.h"
#include "tests/support/tree_shapes.h"

namespace {

using finalize_test::CountDescriptors;
using tempdir::RemoveTree;
using tempdir::RemoveTreeOptions;
using tempdir::RemoveTreeStats;
using tempdir_internal::HeapStorage;
using tempdir_internal::kKernelCalls;
using tempdir_internal::RemoveTreeWith;
using tempdir_internal::SystemCalls;

class RemoveTreeFaultTest : public finalize_test::RemovalInMemoryTest {
 protected:
  void MakeTree() {
    MakeDirectory("tree");
    const int tree = openat(fd(), "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ASSERT_TRUE(finalize_test::MakeTree(tree, 3, 6, 3));
    ASSERT_TRUE(finalize_test::MakeEmpty(tree, 5));
    const int lowest = finalize_test::MakeDeep(tree, 12);
    ASSERT_TRUE(finalize_test::MakeFile(lowest, "file"));
    close(lowest);
    close(tree);
  }
  static constexpr uint64_t kEntries = 1 + 3 + 18 + 54 + 5 + 12 + 1;

  absl::Status Remove(const SystemCalls& calls, RemoveTreeStats* stats) {
    HeapStorage storage;
    return RemoveTreeWith(calls, storage, Path("tree"), {}, stats);
  }
  // A removal that failed for a reason that passed is finished by the next.
  void SecondCallFinishes() {
    const absl::Status status = RemoveTree(Path("tree"));
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_FALSE(Exists("tree"));
  }
};

// A call that fails, once or from then on, when it is made for that time.
struct Fault {
  int error = 0;
  int at = 0;
  bool for_ever = false;
  std::atomic<int> calls{0};

  void Set(int new_error, int new_at, bool new_for_ever) {
    error = new_error;
    at = new_at;
    for_ever = new_for_ever;
    calls = 0;
  }
  bool Strikes() {
    const int call = ++calls;
    return call == at || (for_ever && call > at);
  }
};
Fault fault;

int FailingOpenBeneath(int directory, const char* name, int flags) {
  return fault.Strikes() ? -fault.error
                         : kKernelCalls.open_beneath(directory, name, flags);
}
ssize_t FailingReadEntries(int fd, void* buffer, size_t size) {
  return fault.Strikes() ? -fault.error
                         : kKernelCalls.read_entries(fd, buffer, size);
}
int FailingRemove(int directory, const char* name, int flags) {
  return fault.Strikes() ? -fault.error
                         : kKernelCalls.remove(directory, name, flags);
}

// C29, edge 33.
TEST_F(RemoveTreeFaultTest, FewDescriptorsAreEnough) {
  for (const int refused_from : {2, 3, 5, 9}) {
    MakeTree();
    EXPECT_EQ(InChild([&]() -> std::string {
                // What is open already counts.
                const rlim_t limit = 3 + 4 + refused_from;
                const struct rlimit few = {limit, limit};
                setrlimit(RLIMIT_NOFILE, &few);
                RemoveTreeStats stats;
                const absl::Status status = RemoveTree("tree", {}, &stats);
                if (!status.ok()) return status.ToString();
                return stats.entries() == kEntries ? "" : "wrong count";
              }),
              "")
        << refused_from;
    EXPECT_FALSE(Exists("tree"));
  }
}

// C29, edge 33: the moment does not matter.
TEST_F(RemoveTreeFaultTest, PassingLackOfDescriptorsIsOvercome) {
  SystemCalls calls = kKernelCalls;
  calls.open_beneath = FailingOpenBeneath;
  for (const int error : {EMFILE, ENFILE}) {
    for (int at = 3; at < 20; ++at) {
      MakeTree();
      fault.Set(error, at, false);
      RemoveTreeStats stats;
      const absl::Status status = Remove(calls, &stats);
      EXPECT_EQ(stats.error_count > 0, !status.ok());
      EXPECT_EQ(status.ok(), !Exists("tree")) << status;
      SecondCallFinishes();
    }
  }
}

// C29, edge 33.
TEST_F(RemoveTreeFaultTest, LastingLackOfDescriptorsIsReported) {
  SystemCalls calls = kKernelCalls;
  calls.open_beneath = FailingOpenBeneath;
  for (const int at : {1, 2, 3, 7}) {
    MakeTree();
    const size_t before = CountDescriptors();
    fault.Set(EMFILE, at, true);
    RemoveTreeStats stats;
    const absl::Status status = Remove(calls, &stats);
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_EQ(CountDescriptors(), before);
    SecondCallFinishes();
  }
}

// C29, edge 33.
TEST_F(RemoveTreeFaultTest, UnreadableDirectoryIsReportedAndTheRestIsRemoved) {
  SystemCalls calls = kKernelCalls;
  calls.read_entries = FailingReadEntries;
  for (const int at : {1, 2, 3, 10}) {
    MakeTree();
    const size_t before = CountDescriptors();
    fault.Set(EIO, at, false);
    RemoveTreeStats stats;
    const absl::Status status = Remove(calls, &stats);
    EXPECT_EQ(stats.error_count, 1u) << at;
    EXPECT_NE(status.message().find("Input/output error"), std::string::npos);
    EXPECT_TRUE(Exists("tree"));
    EXPECT_EQ(CountDescriptors(), before);
    SecondCallFinishes();
  }
}

// C29, edge 33.
TEST_F(RemoveTreeFaultTest, FailedRemovalIsReportedAndTheRestIsRemoved) {
  SystemCalls calls = kKernelCalls;
  calls.remove = FailingRemove;
  for (int at = 1; at < 40; ++at) {
    MakeTree();
    fault.Set(EIO, at, false);
    RemoveTreeStats stats;
    const absl::Status status = Remove(calls, &stats);
    // A failed attempt to remove a directory unread is made again.
    EXPECT_EQ(status.ok(), !Exists("tree")) << status;
    EXPECT_LE(stats.error_count, 1u);
    SecondCallFinishes();
  }
}

// C29, edge 33.
TEST_F(RemoveTreeFaultTest, LackOfMemoryAtAnyMomentIsOvercomeOrReported) {
  bool more = true;
  for (size_t call = 1; more; ++call) {
    MakeTree();
    const size_t before = CountDescriptors();
    finalize_test::CountingStorage storage;
    storage.RefuseCall(call);
    RemoveTreeStats stats;
    RemoveTreeOptions options;
    options.max_threads = 1;
    const absl::Status status =
        RemoveTreeWith(kKernelCalls, storage, Path("tree"), options, &stats);
    EXPECT_EQ(status.ok(), !Exists("tree")) << status;
    if (!status.ok()) {
      EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    }
    EXPECT_EQ(storage.in_use(), 0u);
    EXPECT_EQ(CountDescriptors(), before);
    more = storage.calls() >= call;
    SecondCallFinishes();
  }
}

// C29: a small fixed amount of memory is enough for a tree of any size.
TEST_F(RemoveTreeFaultTest, LittleMemoryIsEnough) {
  MakeDirectory("tree");
  const int tree = openat(fd(), "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_TRUE(finalize_test::MakeTree(tree, 30, 30, 2));
  close(tree);
  finalize_test::CountingStorage storage;
  storage.Limit(60 << 10);
  RemoveTreeOptions options;
  options.max_threads = 1;
  RemoveTreeStats stats;
  const absl::Status status =
      RemoveTreeWith(kKernelCalls, storage, Path("tree"), options, &stats);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(stats.entries(), 1u + 30 + 900 + 1800);
}

// A directory of a million files that exist here only.
struct Million {
  static constexpr int kFiles = 1000000;
  std::atomic<int> read{0};
  std::atomic<int> removed{0};
};
Million million;

ssize_t ReadMillion(int, void* buffer, size_t size) {
  char* to = static_cast<char*>(buffer);
  size_t used = 0;
  while (million.read < Million::kFiles && used + 32 <= size) {
    dirent64 entry = {};
    entry.d_ino = (million.read * int64_t{7919}) % Million::kFiles + 1;
    entry.d_reclen = 32;
    entry.d_type = DT_REG;
    memcpy(to + used, &entry, offsetof(dirent64, d_name));
    snprintf(to + used + offsetof(dirent64, d_name), 13, "f%07d",
             static_cast<int>(million.read));
    used += 32;
    ++million.read;
  }
  return used;
}
int RemoveMillion(int directory, const char* name, int flags) {
  if (flags == AT_REMOVEDIR) {
    return kKernelCalls.remove(directory, name, flags);
  }
  ++million.removed;
  return 0;
}
int ExtFileSystem(int, struct statfs* status) {
  *status = {};
  status->f_type = 0xEF53;
  return 0;
}

// C29, edge 18: in the order of inodes, which needs the most.
TEST_F(RemoveTreeFaultTest, MillionFilesNeedLittleMemory) {
  MakeDirectory("tree");
  SystemCalls calls = kKernelCalls;
  calls.read_entries = ReadMillion;
  calls.remove = RemoveMillion;
  calls.examine_file_system = ExtFileSystem;
  finalize_test::CountingStorage storage;
  RemoveTreeStats stats;
  const absl::Status status =
      RemoveTreeWith(calls, storage, Path("tree"), {}, &stats);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(stats.files, 1000000u);
  EXPECT_EQ(million.removed, 1000000);
  EXPECT_LT(storage.peak(), size_t{12} << 20);
  EXPECT_EQ(storage.in_use(), 0u);
}

ssize_t ReadWithoutTypes(int fd, void* buffer, size_t size) {
  const ssize_t used = kKernelCalls.read_entries(fd, buffer, size);
  for (ssize_t at = 0; at < used;) {
    char* entry = static_cast<char*>(buffer) + at;
    unsigned short length;
    memcpy(&length, entry + offsetof(dirent64, d_reclen), sizeof length);
    entry[offsetof(dirent64, d_type)] = DT_UNKNOWN;
    at += length;
  }
  return used;
}
std::atomic<int> unlinked_directories{0};
int NoUnlinkOfDirectories(int directory, const char* name, int flags) {
  struct stat status;
  if (flags == 0 && kKernelCalls.examine(directory, name, &status) == 0 &&
      S_ISDIR(status.st_mode)) {
    ++unlinked_directories;
  }
  return kKernelCalls.remove(directory, name, flags);
}

// C29, edge 34.
TEST_F(RemoveTreeFaultTest, DirectoriesOfUnknownTypeAreNeverUnlinked) {
  MakeTree();
  MakeLink("sub", "tree/link");
  ASSERT_EQ(mkfifoat(fd(), "tree/fifo", 0600), 0);
  SystemCalls calls = kKernelCalls;
  calls.read_entries = ReadWithoutTypes;
  calls.remove = NoUnlinkOfDirectories;
  RemoveTreeOptions dry;
  dry.dry_run = true;
  HeapStorage storage;
  RemoveTreeStats dry_stats, stats;
  EXPECT_TRUE(
      RemoveTreeWith(calls, storage, Path("tree"), dry, &dry_stats).ok());
  const absl::Status status = Remove(calls, &stats);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(stats.entries(), kEntries + 2);
  EXPECT_EQ(dry_stats.entries(), stats.entries());
  EXPECT_EQ(unlinked_directories, 0);
}

ssize_t ReadHostileNames(int fd, void* buffer, size_t size) {
  const ssize_t used = kKernelCalls.read_entries(fd, buffer, size);
  for (ssize_t at = 0; at < used;) {
    char* entry = static_cast<char*>(buffer) + at;
    char* name = entry + offsetof(dirent64, d_name);
    if (strcmp(name, "hostile") == 0) memcpy(name, "../evil", 8);
    unsigned short length;
    memcpy(&length, entry + offsetof(dirent64, d_reclen), sizeof length);
    at += length;
  }
  return used;
}

// C29: a file system whose names lead elsewhere is not believed.
TEST_F(RemoveTreeFaultTest, NamesWithSlashesAreNotBelieved) {
  MakeFile("evil");
  MakeDirectory("tree");
  MakeFile("tree/hostile");
  SystemCalls calls = kKernelCalls;
  calls.read_entries = ReadHostileNames;
  EXPECT_FALSE(Remove(calls, nullptr).ok());
  EXPECT_TRUE(Exists("evil"));
}

// C29, edge 36.
TEST_F(RemoveTreeFaultTest, NoDescriptorIsLeftOverManyCycles) {
  const size_t before = CountDescriptors();
  for (int i = 0; i < 5000; ++i) {
    MakeDirectory("tree");
    MakeDirectory("tree/sub");
    MakeFile("tree/sub/file");
    ASSERT_TRUE(RemoveTree(Path("tree")).ok());
  }
  EXPECT_EQ(CountDescriptors(), before);
}

std::atomic<int> inheritable{0};
int LookAtFlags(int directory, const char* name, int flags) {
  const int fd = kKernelCalls.open_beneath(directory, name, flags);
  if (fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0) ++inheritable;
  return fd;
}
int LookAtPlainFlags(int directory, const char* name, int flags) {
  const int fd = kKernelCalls.open(directory, name, flags);
  if (fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0) ++inheritable;
  return fd;
}

// C29, edge 36.
TEST_F(RemoveTreeFaultTest, DescriptorsAreNotInherited) {
  MakeTree();
  SystemCalls calls = kKernelCalls;
  calls.open_beneath = LookAtFlags;
  calls.open = LookAtPlainFlags;
  EXPECT_TRUE(Remove(calls, nullptr).ok());
  EXPECT_EQ(inheritable, 0);
}

}  // namespace
