// SPDX-License-Identifier: Apache-2.0

// RemoveTree and its one time limit, against others who fill what it empties.
// What they do, they do at a call of the removal, and time is counted in such
// calls, so nothing depends on luck or load.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tempdir/internal/remove/remove_tree_at.h"
#include "tempdir/internal/system/birth_of.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/removal_storage.h"
#include "tempdir/remove_tree.h"
#include "tests/support/forked.h"
#include "tests/support/removal_fixture.h"
#include "tests/support/tree_shapes.h"

namespace {

using finalize_test::Forked;
using tempdir::RemoveTree;
using tempdir::RemoveTreeOptions;
using tempdir::RemoveTreeStats;
using tempdir_internal::HeapStorage;
using tempdir_internal::kKernelCalls;
using tempdir_internal::RemoveTreeWith;
using tempdir_internal::SystemCalls;

// The clock of a removal: each call that removes or reads takes a millisecond.
constexpr int64_t kMillisecond = 1000000;
std::atomic<int64_t> now{0};  // the workers of a removal look at it

// The adversary works in the directory open at `scratch`.
int scratch = -1;
int rounds = 0;
int rounds_left = 0;

int64_t Now() { return now; }
void Pause(int64_t nanoseconds) { now += nanoseconds; }
ssize_t Read(int fd, void* buffer, size_t size) {
  now += kMillisecond;
  return kKernelCalls.read_entries(fd, buffer, size);
}
int Remove(int directory, const char* name, int flags) {
  now += kMillisecond;
  return kKernelCalls.remove(directory, name, flags);
}

SystemCalls TimedByCalls() {
  SystemCalls calls = kKernelCalls;
  calls.now = Now;
  calls.pause = Pause;
  calls.read_entries = Read;
  calls.remove = Remove;
  return calls;
}

// File systems tell times in ticks: what is made after this is younger than
// what is there.
void AwaitNextTick() {
  struct timespec before, after;
  clock_gettime(CLOCK_REALTIME_COARSE, &before);
  do {
    clock_gettime(CLOCK_REALTIME_COARSE, &after);
  } while (after.tv_sec == before.tv_sec && after.tv_nsec == before.tv_nsec);
}

bool IsTree(const char* name, int flags) {
  return flags == AT_REMOVEDIR && strcmp(name, "tree") == 0;
}
std::string MovedName() {
  char name[32];
  snprintf(name, sizeof name, "tree/.moved-0badcafe-%08x", rounds);
  return name;
}

class RemoveTreeLimitTest : public finalize_test::RemovalInMemoryTest {
 protected:
  void SetUp() override {
    now = kMillisecond;
    scratch = fd();
    rounds = 0;
    rounds_left = 1 << 30;
    MakeDirectory("tree");
    MakeFile("tree/file");
  }
  absl::Status RemoveWithin(absl::Duration limit, const SystemCalls& calls) {
    RemoveTreeOptions options;
    options.writer_timeout = limit;
    HeapStorage storage;
    return RemoveTreeWith(calls, storage, Path("tree"), options, nullptr);
  }
  static int64_t Milliseconds() { return now / kMillisecond; }
};

int AddFileAndRemove(int directory, const char* name, int flags) {
  if (IsTree(name, flags)) {
    finalize_test::MakeFile(scratch, absl::StrCat("tree/", rounds++).c_str());
  }
  return Remove(directory, name, flags);
}

// C29: a limit of 0 is none: nothing is emptied again.
TEST_F(RemoveTreeLimitTest, ZeroEmptiesNothingTwice) {
  SystemCalls calls = TimedByCalls();
  calls.remove = AddFileAndRemove;
  const absl::Status status = RemoveWithin(absl::ZeroDuration(), calls);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  // The first short answer was not the end of reading yet.
  EXPECT_LE(rounds, 2);
}

// C29: and still empties all that was there.
TEST_F(RemoveTreeLimitTest, ZeroIsEnoughForOneRemoval) {
  close(finalize_test::MakeDeep(fd(), 200, "tree"));
  EXPECT_TRUE(RemoveWithin(absl::ZeroDuration(), TimedByCalls()).ok());
  EXPECT_FALSE(Exists("tree"));
}

int MakeMovedAndRemove(int directory, const char* name, int flags) {
  if (IsTree(name, flags)) {
    // The tree is found late in one of these rounds, whichever worker looks.
    if (rounds >= 2 && rounds < 8) AwaitNextTick();
    mkdirat(scratch, MovedName().c_str(), 0700);
    finalize_test::MakeFile(scratch, (MovedName() + "/file").c_str());
    ++rounds;
  }
  return Remove(directory, name, flags);
}

// C29: any name can be given to a directory; it proves nothing.
TEST_F(RemoveTreeLimitTest, NamesOfMovedDirectoriesDoNotExtendIt) {
  SystemCalls calls = TimedByCalls();
  calls.remove = MakeMovedAndRemove;
  const absl::Status status = RemoveWithin(absl::Milliseconds(200), calls);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_LT(Milliseconds(), 230);
}

int FillOnceAndRemove(int directory, const char* name, int flags) {
  if (flags == AT_REMOVEDIR && name[0] == 'd') {
    const std::string file = absl::StrCat("tree/", name, "/late");
    struct stat seen;
    // Not where it was filled before: "once" is beside it.
    const std::string once = absl::StrCat("once-", name);
    if (fstatat(scratch, absl::StrCat("tree/", name, "/file").c_str(), &seen,
                0) != 0 &&
        finalize_test::MakeFile(scratch, once.c_str())) {
      finalize_test::MakeFile(scratch, file.c_str());
      ++rounds;
    }
  }
  return Remove(directory, name, flags);
}

// C29: a directory that fills up once, and is removed then, takes its share.
TEST_F(RemoveTreeLimitTest, DirectoriesThatFillOnceShareIt) {
  for (int i = 0; i < 1000; ++i) {
    const std::string name = absl::StrCat("tree/d", i);
    MakeDirectory(name);
    MakeFile(name + "/file");
  }
  SystemCalls calls = TimedByCalls();
  calls.remove = FillOnceAndRemove;
  RemoveTreeOptions options;
  options.writer_timeout = absl::Milliseconds(200);
  options.max_threads = 1;
  HeapStorage storage;
  const absl::Status status =
      RemoveTreeWith(calls, storage, Path("tree"), options, nullptr);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_EQ(rounds, 1000);
  // Emptying one again takes four calls.
  const int stayed = CountEntries("tree");
  EXPECT_GT(stayed, 900);
  EXPECT_LT(stayed, 1000);
}

ssize_t MakeBelowAndRead(int fd, void* buffer, size_t size) {
  struct stat seen;
  if (rounds_left > 0 && fstatat(fd, "file", &seen, 0) == 0) {
    if (rounds == 500) AwaitNextTick();
    --rounds_left;
    ++rounds;
    mkdirat(fd, "below", 0700);
    finalize_test::MakeFile(fd, "below/file");
  }
  return Read(fd, buffer, size);
}

// C29: whoever makes a directory in each one before it is read leads nowhere.
TEST_F(RemoveTreeLimitTest, NewDirectoriesBelowNewOnesTakeTheirShare) {
  SystemCalls calls = TimedByCalls();
  calls.read_entries = MakeBelowAndRead;
  rounds_left = 20000;
  const absl::Status status = RemoveWithin(absl::Milliseconds(200), calls);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_LT(rounds, 2000);
}

// An older directory, moved in whenever the tree is about to be removed, and
// out before it is removed itself.
int MoveInAndOut(int directory, const char* name, int flags) {
  if (IsTree(name, flags)) {
    finalize_test::MakeFile(scratch, "old/file");
    renameat(scratch, "old", scratch, MovedName().c_str());
  } else if (flags == AT_REMOVEDIR && strncmp(name, ".moved", 6) == 0) {
    struct stat seen;
    if (fstatat(scratch, (MovedName() + "/file").c_str(), &seen, 0) != 0) {
      renameat(scratch, MovedName().c_str(), scratch, "old");
      ++rounds;
    }
  }
  return Remove(directory, name, flags);
}

// C29: an old directory is old once.
TEST_F(RemoveTreeLimitTest, OneOldDirectoryMovedInAgainTakesItsShare) {
  MakeDirectory("old");
  SystemCalls calls = TimedByCalls();
  calls.remove = MoveInAndOut;
  const absl::Status status = RemoveWithin(absl::Milliseconds(200), calls);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_LT(Milliseconds(), 230);
}

// Moves one of many older directories in, as another removal does.
int MoveUpAndRemove(int directory, const char* name, int flags) {
  if (IsTree(name, flags) && rounds_left > 0) {
    --rounds_left;
    const std::string old = absl::StrCat("old/", rounds);
    renameat(scratch, old.c_str(), scratch, MovedName().c_str());
    ++rounds;
  }
  return Remove(directory, name, flags);
}

// C29, edge 30: what another removal of the tree moves up was there before.
TEST_F(RemoveTreeLimitTest, OlderDirectoriesMovedUpTakeNoneOfIt) {
  MakeDirectory("old");
  for (int i = 0; i < 500; ++i) {
    const std::string name = absl::StrCat("old/", i);
    MakeDirectory(name);
    MakeFile(name + "/file");
  }
  SystemCalls calls = TimedByCalls();
  calls.remove = MoveUpAndRemove;
  rounds_left = 500;
  const absl::Status status = RemoveWithin(absl::Milliseconds(200), calls);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(rounds, 500);
  EXPECT_GT(Milliseconds(), 1000);
  EXPECT_FALSE(Exists("tree"));
}

int FillAndMoveUpAndRemove(int directory, const char* name, int flags) {
  if (IsTree(name, flags) && rounds_left > 0) {
    for (int i = 0; i < 20; ++i) {
      finalize_test::MakeFile(scratch, absl::StrCat("tree/", i).c_str());
    }
  }
  return MoveUpAndRemove(directory, name, flags);
}

// C29: an older directory does not excuse the files that come with it.
TEST_F(RemoveTreeLimitTest, OlderDirectoriesDoNotExcuseNewFiles) {
  MakeDirectory("old");
  for (int i = 0; i < 500; ++i) {
    const std::string name = absl::StrCat("old/", i);
    MakeDirectory(name);
    MakeFile(name + "/file");
  }
  SystemCalls calls = TimedByCalls();
  calls.remove = FillAndMoveUpAndRemove;
  rounds_left = 500;
  const absl::Status status = RemoveWithin(absl::Milliseconds(200), calls);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  // In each pass 20 calls are for what is new, and at most 5 for what is not.
  EXPECT_LT(rounds, 15);
  EXPECT_LT(Milliseconds(), 200 + 2 * 5 * 15 + 25);
}

int NoBirth(int, const char*, tempdir_internal::Birth*) { return -ENOSYS; }

// C29: where nothing tells their age, their names are believed within the
// limit, and no longer.
TEST_F(RemoveTreeLimitTest, NamesAreBelievedForTheLimitWithoutTimesOfBirth) {
  SystemCalls calls = TimedByCalls();
  calls.birth_of = NoBirth;
  calls.remove = MakeMovedAndRemove;
  const absl::Status status = RemoveWithin(absl::Milliseconds(200), calls);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_LT(Milliseconds(), 420);
}

// C29, edge 30: two processes, which move directories up all the time.
TEST_F(RemoveTreeLimitTest, TwoProcessesOnDeepTreeBothSucceed) {
  const int tree = openat(fd(), "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (const char* name : {"a", "b", "c", "e"}) {
    close(finalize_test::MakeDeep(tree, 20000, name));
  }
  ASSERT_TRUE(finalize_test::MakeTree(tree, 20, 999, 0));
  close(tree);
  pid_t children[2];
  for (pid_t& child : children) {
    child = Forked(fork());
    if (child == 0) {
      RemoveTreeOptions options;
      options.writer_timeout = absl::Milliseconds(200);
      const absl::Status status = RemoveTree(Path("tree"), options);
      if (!status.ok()) fprintf(stderr, "%s\n", status.ToString().c_str());
      _exit(status.ok() ? 0 : 1);
    }
  }
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_FALSE(Exists("tree"));
}

}  // namespace
