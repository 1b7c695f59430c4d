// SPDX-License-Identifier: Apache-2.0

// RemoveTree on trees that are deeper than there are descriptors.

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/internal/remove/remove_tree_at.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/removal_storage.h"
#include "tempdir/remove_tree.h"
#include "tests/remove_tree/counting_storage.h"
#include "tests/support/refused_calls.h"
#include "tests/support/removal_fixture.h"
#include "tests/support/tree_shapes.h"

namespace {

using finalize_test::RefuseCalls;
using tempdir::RemoveTree;
using tempdir::RemoveTreeOptions;
using tempdir::RemoveTreeStats;
using tempdir_internal::kKernelCalls;
using tempdir_internal::RemoveTreeWith;
using tempdir_internal::SystemCalls;

class RemoveTreeDepthTest : public finalize_test::RemovalInMemoryTest {
 protected:
  // Makes a chain below "tree" with a file at its end.
  void MakeChain(int levels, mode_t mode = 0755) {
    MakeDirectory("tree");
    const int tree = openat(fd(), "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int lowest = finalize_test::MakeDeep(tree, levels, "d", 0755);
    ASSERT_GE(lowest, 0);
    ASSERT_TRUE(finalize_test::MakeFile(lowest, "file"));
    close(lowest);
    if (mode != 0755) SetModes(tree, mode);
    close(tree);
  }

 private:
  void SetModes(int at, mode_t mode) {
    for (int next = dup(at); next >= 0;) {
      const int lower = openat(next, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      fchmod(next, mode);
      close(next);
      next = lower;
    }
  }
};

std::string LimitDescriptors(rlim_t count) {
  const struct rlimit limit = {count, count};
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? "" : "no limit";
}

// Runs `body` on a thread with a stack of 256 KiB.
std::string OnSmallStack(std::string (*body)()) {
  struct Run {
    std::string (*body)();
    std::string said;
  } run = {body, ""};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 << 10);
  pthread_t thread;
  const auto start = [](void* argument) -> void* {
    Run* run = static_cast<Run*>(argument);
    run->said = run->body();
    return nullptr;
  };
  if (pthread_create(&thread, &attributes, start, &run) != 0)
    return "no thread";
  pthread_join(thread, nullptr);
  return run.said;
}

// C29, C37: on a kernel without renameat2, and in a container that refuses it.
TEST_F(RemoveTreeDepthTest, NeedsNoRenameat2) {
  for (const int error : {ENOSYS, EPERM}) {
    MakeChain(1000);
    EXPECT_EQ(InChild([&] {
                std::string said = LimitDescriptors(30);
                if (said.empty()) said = RefuseCalls({SYS_renameat2}, error);
                return said.empty() ? RemoveTree("tree").ToString() : said;
              }),
              "OK");
    EXPECT_FALSE(Exists("tree"));
  }
}

// C29, edge 19.
TEST_F(RemoveTreeDepthTest, HundredThousandLevelsNeedFewDescriptorsAndNoStack) {
  MakeChain(100000);
  EXPECT_EQ(InChild([]() -> std::string {
              const std::string said = LimitDescriptors(64);
              if (!said.empty()) return said;
              return OnSmallStack([]() -> std::string {
                RemoveTreeStats stats;
                const absl::Status status = RemoveTree("tree", {}, &stats);
                if (!status.ok()) return status.ToString();
                return stats.entries() == 100002 ? "" : "wrong count";
              });
            }),
            "");
  EXPECT_FALSE(Exists("tree"));
}

// C29, edge 19: what the engine allocates, and the process's descriptors.
TEST_F(RemoveTreeDepthTest, DepthCostsLittleMemory) {
  MakeChain(3000);
  finalize_test::CountingStorage storage;
  EXPECT_TRUE(
      RemoveTreeWith(kKernelCalls, storage, Path("tree"), {}, nullptr).ok());
  EXPECT_LT(storage.peak(), size_t{1} << 20);
  EXPECT_EQ(storage.in_use(), 0u);
}

// C29: the climb that dry runs and unwilling file systems need.
TEST_F(RemoveTreeDepthTest, DryRunClimbs) {
  MakeChain(3000);
  EXPECT_EQ(InChild([]() -> std::string {
              std::string said = LimitDescriptors(64);
              if (!said.empty()) return said;
              RemoveTreeOptions options;
              options.dry_run = true;
              RemoveTreeStats stats;
              const absl::Status status = RemoveTree("tree", options, &stats);
              if (!status.ok()) return status.ToString();
              return stats.entries() == 3002 ? "" : "wrong count";
            }),
            "");
  RemoveTreeStats stats;
  EXPECT_TRUE(RemoveTree(Path("tree"), {}, &stats).ok());
  EXPECT_EQ(stats.entries(), 3002u);
}

// C29.
TEST_F(RemoveTreeDepthTest, BushyTreeFitsInFewDescriptors) {
  MakeDirectory("tree");
  const int tree = openat(fd(), "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  uint64_t entries = 1;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "chain" + std::to_string(i);
    const int lowest = finalize_test::MakeDeep(tree, 50, name.c_str());
    ASSERT_TRUE(finalize_test::MakeTree(lowest, 3, 3, 2));
    close(lowest);
    entries += 50 + 3 + 9 + 18;
  }
  close(tree);
  EXPECT_EQ(InChild([&]() -> std::string {
              std::string said = LimitDescriptors(16);
              if (!said.empty()) return said;
              RemoveTreeStats stats;
              const absl::Status status = RemoveTree("tree", {}, &stats);
              if (!status.ok()) return status.ToString();
              return stats.entries() == entries ? "" : "wrong count";
            }),
            "");
  EXPECT_FALSE(Exists("tree"));
}

// C29, edge 20.
TEST_F(RemoveTreeDepthTest, DeepAndReadOnlyAtEachLevelAsAnybody) {
  MakeChain(2000, 0555);
  EXPECT_EQ(AsNobody([]() -> std::string {
              std::string said = LimitDescriptors(64);
              if (!said.empty()) return said;
              return RemoveTree("tree").ToString();
            }),
            "OK");
  EXPECT_FALSE(Exists("tree"));
}

int RefuseRename(int, const char*, int, const char*, unsigned) {
  return -EXDEV;
}

// C29, edge 24: without moving, the way up is "..".
TEST_F(RemoveTreeDepthTest, RefusedRenamesAreClimbedAround) {
  MakeChain(2000);
  SystemCalls calls = kKernelCalls;
  calls.rename = RefuseRename;
  EXPECT_EQ(InChild([&]() -> std::string {
              std::string said = LimitDescriptors(64);
              if (!said.empty()) return said;
              tempdir_internal::HeapStorage storage;
              RemoveTreeStats stats;
              const absl::Status status =
                  RemoveTreeWith(calls, storage, "tree", {}, &stats);
              if (!status.ok()) return status.ToString();
              return stats.entries() == 2002 ? "" : "wrong count";
            }),
            "");
  EXPECT_FALSE(Exists("tree"));
}

// C29: the same where many branches are too deep at once.
TEST_F(RemoveTreeDepthTest, RefusedRenamesOfBushyTreeAreClimbedAround) {
  MakeDirectory("tree");
  const int tree = openat(fd(), "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < 10; ++i) {
    const std::string name = "chain" + std::to_string(i);
    const int lowest = finalize_test::MakeDeep(tree, 45, name.c_str());
    ASSERT_TRUE(finalize_test::MakeTree(lowest, 4, 3, 2));
    for (int j = 0; j < 3; ++j) {
      const std::string lower = "lower" + std::to_string(j);
      const int end = finalize_test::MakeDeep(lowest, 40, lower.c_str());
      ASSERT_TRUE(finalize_test::MakeFile(end, "file"));
      close(end);
    }
    close(lowest);
  }
  close(tree);
  SystemCalls calls = kKernelCalls;
  calls.rename = RefuseRename;
  for (const int threads : {1, 4}) {
    SCOPED_TRACE(threads);
    EXPECT_EQ(InChild([&]() -> std::string {
                std::string said = LimitDescriptors(64);
                if (!said.empty()) return said;
                tempdir_internal::HeapStorage storage;
                RemoveTreeOptions options;
                options.max_threads = threads;
                options.dry_run = threads == 1;
                RemoveTreeStats stats;
                const absl::Status status =
                    RemoveTreeWith(calls, storage, "tree", options, &stats);
                if (!status.ok()) return status.ToString();
                return stats.files == 10u * (24 + 3) ? "" : "wrong count";
              }),
              "");
  }
  EXPECT_FALSE(Exists("tree"));
}

// The file system on which a directory moves away while it is emptied: at the
// first removal in the lowest directory, the one `levels_up` above goes.
struct Mover {
  int from = -1;
  std::string name;
  int to = -1;
  std::atomic<bool> moved{false};
};
Mover mover;

int MoveThenRemove(int directory, const char* name, int flags) {
  if (strcmp(name, "file") == 0 && !mover.moved.exchange(true)) {
    renameat(mover.from, mover.name.c_str(), mover.to, "moved");
  }
  return kKernelCalls.remove(directory, name, flags);
}

class MovedOutTest : public RemoveTreeDepthTest {
 protected:
  // Makes "tree", a chain, whose directory `level` is moved into "elsewhere"
  // while the lowest one is emptied.
  void Prepare(int levels, int level) {
    MakeChain(levels);
    MakeDirectory("elsewhere");
    MakeDirectory("elsewhere/d");
    MakeFile("elsewhere/d/precious");
    MakeFile("elsewhere/file");
    int at = openat(fd(), "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 1; i < level; ++i) {
      const int next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      close(at);
      at = next;
    }
    mover.from = at;
    mover.name = "d";
    mover.to = openat(fd(), "elsewhere", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    mover.moved = false;
  }
  void TearDown() override {
    EXPECT_TRUE(mover.moved);
    EXPECT_TRUE(Exists("elsewhere/d/precious"));
    EXPECT_TRUE(Exists("elsewhere/file"));
    close(mover.from);
    close(mover.to);
  }
};

// C29, edge 24.
TEST_F(MovedOutTest, SiblingsInTheNewPlaceStay) {
  Prepare(5, 3);
  SystemCalls calls = kKernelCalls;
  calls.remove = MoveThenRemove;
  tempdir_internal::HeapStorage storage;
  const absl::Status status =
      RemoveTreeWith(calls, storage, Path("tree"), {}, nullptr);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  EXPECT_NE(status.message().find("tree/d/d/d\""), std::string::npos) << status;
  EXPECT_FALSE(Exists("tree"));
  // It was being emptied, and so it has been.
  EXPECT_EQ(CountEntries("elsewhere/moved"), 0);
}

// C29, edge 24: ".." is not believed.
TEST_F(MovedOutTest, ClimbEndsIfTheParentIsAnother) {
  Prepare(200, 100);
  SystemCalls calls = kKernelCalls;
  calls.remove = MoveThenRemove;
  calls.rename = RefuseRename;
  tempdir_internal::HeapStorage storage;
  RemoveTreeStats stats;
  const absl::Status status =
      RemoveTreeWith(calls, storage, Path("tree"), {}, &stats);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  EXPECT_EQ(stats.error_count, 1u);
  EXPECT_EQ(CountEntries("elsewhere"), 3);
}

uint64_t NoHandle(int) { return 0; }

// C29, edge 24: the same on a file system without file handles.
TEST_F(MovedOutTest, ClimbWithoutHandlesLooksAtTheGrandparent) {
  Prepare(200, 100);
  SystemCalls calls = kKernelCalls;
  calls.remove = MoveThenRemove;
  calls.rename = RefuseRename;
  calls.handle_digest = NoHandle;
  tempdir_internal::HeapStorage storage;
  const absl::Status status =
      RemoveTreeWith(calls, storage, Path("tree"), {}, nullptr);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  EXPECT_EQ(CountEntries("elsewhere"), 3);
}

}  // namespace
