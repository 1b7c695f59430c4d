// SPDX-License-Identifier: Apache-2.0

// RemoveTree among others: other removers, writers, signals, and its own
// threads.

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tempdir/internal/remove/remove_tree_at.h"
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
using tempdir_internal::kKernelCalls;
using tempdir_internal::RemoveTreeWith;
using tempdir_internal::SystemCalls;

class RemoveTreeConcurrencyTest : public finalize_test::RemovalInMemoryTest {
 protected:
  // Something of every shape; returns the number of entries.
  uint64_t MakeMixedTree() {
    MakeDirectory("tree");
    const int tree = openat(fd(), "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    EXPECT_TRUE(finalize_test::MakeTree(tree, 4, 25, 4));
    EXPECT_TRUE(finalize_test::MakeEmpty(tree, 100));
    EXPECT_TRUE(finalize_test::MakeWide(tree, 3000));
    close(finalize_test::MakeDeep(tree, 150, "deep"));
    close(tree);
    return 1 + 4 + 100 + 400 + 100 + 3000 + 150;
  }
  void RemoveByThreads(int count) {
    const uint64_t entries = MakeMixedTree();
    std::vector<RemoveTreeStats> stats(count);
    std::vector<std::thread> threads;
    std::atomic<int> ready{0};
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        ++ready;
        while (ready < count) {
        }
        const absl::Status status = RemoveTree(Path("tree"), {}, &stats[i]);
        EXPECT_TRUE(status.ok()) << status;
      });
    }
    uint64_t counted = 0;
    for (int i = 0; i < count; ++i) {
      threads[i].join();
      counted += stats[i].entries();
    }
    EXPECT_FALSE(Exists("tree"));
    EXPECT_EQ(counted, entries);
  }
};

// C29, edges 30 and 40.
TEST_F(RemoveTreeConcurrencyTest, TwoRemoversBothSucceed) {
  for (int i = 0; i < 5; ++i) RemoveByThreads(2);
}

TEST_F(RemoveTreeConcurrencyTest, EightRemoversAllSucceed) {
  for (int i = 0; i < 3; ++i) RemoveByThreads(8);
}

// C29, edge 30.
TEST_F(RemoveTreeConcurrencyTest, EightProcessesAllSucceed) {
  MakeMixedTree();
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = Forked(fork());
    if (child == 0) _exit(RemoveTree(Path("tree")).ok() ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_FALSE(Exists("tree"));
}

// C29: one removal on many threads counts right and leaves nothing.
TEST_F(RemoveTreeConcurrencyTest, ManyThreadsCountEveryEntryOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    const uint64_t entries = MakeMixedTree();
    RemoveTreeOptions options;
    options.max_threads = threads;
    RemoveTreeStats stats;
    const absl::Status status = RemoveTree(Path("tree"), options, &stats);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(stats.entries(), entries);
    EXPECT_FALSE(Exists("tree"));
  }
}

// What the cooperating writer and the removal tell each other.
std::atomic<int> removal_rounds{0};

int CountReturns(int directory, const char* name, int flags) {
  const int result = kKernelCalls.remove(directory, name, flags);
  if (flags == AT_REMOVEDIR && result == -ENOTEMPTY) ++removal_rounds;
  return result;
}

// Adds a file to "tree" whenever the directory is about to be found empty.
struct Writer {
  int tree = -1;
  std::atomic<int> left{0};
  std::atomic<int> added{0};
};
Writer writer;

int RemoveAndWrite(int directory, const char* name, int flags) {
  if (flags == AT_REMOVEDIR && strcmp(name, "tree") == 0 && writer.left > 0) {
    --writer.left;
    const std::string file = "late" + std::to_string(writer.added++);
    finalize_test::MakeFile(writer.tree, file.c_str());
  }
  return CountReturns(directory, name, flags);
}

absl::Status RemoveWithWriter(const std::string& path, int files,
                              absl::Duration timeout, RemoveTreeStats* stats) {
  SystemCalls calls = kKernelCalls;
  calls.remove = RemoveAndWrite;
  writer.tree = open(path.c_str(), O_PATH | O_CLOEXEC);
  writer.left = files;
  writer.added = 0;
  removal_rounds = 0;
  RemoveTreeOptions options;
  options.writer_timeout = timeout;
  tempdir_internal::HeapStorage storage;
  const absl::Status status =
      RemoveTreeWith(calls, storage, path, options, stats);
  close(writer.tree);
  return status;
}

// C29, edge 29.
TEST_F(RemoveTreeConcurrencyTest, WriterThatStopsIsOutlasted) {
  MakeDirectory("tree");
  MakeFile("tree/file");
  RemoveTreeStats stats;
  const absl::Status status =
      RemoveWithWriter(Path("tree"), 50, absl::Minutes(5), &stats);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_FALSE(Exists("tree"));
  EXPECT_EQ(stats.files, 51u);
  EXPECT_EQ(removal_rounds, 50);
}

// C29, edge 29.
TEST_F(RemoveTreeConcurrencyTest, WriterThatNeverStopsIsNamedAtTheDeadline) {
  MakeDirectory("tree");
  MakeFile("tree/file");
  RemoveTreeStats stats;
  const absl::Status status =
      RemoveWithWriter(Path("tree"), 1 << 30, absl::Milliseconds(50), &stats);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  const std::string last = "late" + std::to_string(writer.added - 1);
  EXPECT_EQ(status.message(), "cannot remove \"" + Path("tree") +
                                  "\": it fills up again, now with \"" + last +
                                  "\"");
  EXPECT_TRUE(Exists("tree/" + last));
  EXPECT_GE(removal_rounds, 2);
}

// Puts another directory in the place of "tree/a" before that is read for the
// first time.
std::string replaced;
int reads = 0;

ssize_t ReplaceAndRead(int directory, void* buffer, size_t size) {
  if (++reads > 1000) {
    ADD_FAILURE() << "it is read for ever";
    _exit(1);
  }
  struct stat open, named;
  if (!replaced.empty() && fstat(directory, &open) == 0 &&
      stat(replaced.c_str(), &named) == 0 && open.st_ino == named.st_ino) {
    const std::string place = std::exchange(replaced, "");
    EXPECT_EQ(unlink((place + "/file").c_str()), 0);
    EXPECT_EQ(rmdir(place.c_str()), 0);
    EXPECT_EQ(mkdir(place.c_str(), 0700), 0);
    EXPECT_EQ(mknod((place + "/file").c_str(), S_IFREG | 0600, 0), 0);
  }
  return kKernelCalls.read_entries(directory, buffer, size);
}

// C29: what was open is gone; what stands at its name is removed as well.
TEST_F(RemoveTreeConcurrencyTest, ReplacedDirectoryIsNotReadForEver) {
  MakeDirectory("tree");
  MakeDirectory("tree/a");
  MakeFile("tree/a/file");
  replaced = Path("tree/a");
  reads = 0;
  SystemCalls calls = kKernelCalls;
  calls.read_entries = ReplaceAndRead;
  tempdir_internal::HeapStorage storage;
  RemoveTreeStats stats;
  const absl::Status status =
      RemoveTreeWith(calls, storage, Path("tree"), {}, &stats);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_FALSE(Exists("tree"));
  EXPECT_EQ(stats.files, 1u);
}

// C29, edge 29: a writer of its own process, which is stopped once the removal
// had to look again.
TEST_F(RemoveTreeConcurrencyTest, WriterInAnotherProcessIsOutlasted) {
  MakeDirectory("tree");
  auto* shared =
      static_cast<std::atomic<int>*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(shared, MAP_FAILED);
  std::atomic<int>& added = shared[0];
  std::atomic<int>& stop = shared[1];
  const pid_t child = Forked(fork());
  if (child == 0) {
    const int tree = openat(fd(), "tree", O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (stop == 0) {
      const std::string file = "file" + std::to_string(added);
      if (finalize_test::MakeFile(tree, file.c_str())) ++added;
    }
    _exit(0);
  }
  while (added < 100) {
  }
  std::thread stopper([&] {
    const int seen = added;
    while (added < seen + 1000 && Exists("tree")) {
    }
    stop = 1;
  });
  RemoveTreeOptions options;
  options.writer_timeout = absl::Minutes(5);
  const absl::Status status = RemoveTree(Path("tree"), options);
  stopper.join();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_FALSE(Exists("tree"));
  waitpid(child, nullptr, 0);
  munmap(shared, 4096);
}

// The signals that the threads of a removal block, as one of them sees them.
std::atomic<int> threads_with_signals{0};
std::atomic<int> helper_calls{0};
pthread_t caller;

int LookAtSignals(int directory, const char* name, int flags) {
  if (pthread_equal(pthread_self(), caller) == 0) {
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    ++helper_calls;
    if (sigismember(&blocked, SIGTERM) == 0 ||
        sigismember(&blocked, SIGUSR1) == 0) {
      ++threads_with_signals;
    }
  } else if (helper_calls == 0) {
    sched_yield();
  }
  return kKernelCalls.remove(directory, name, flags);
}

// C29: a program's handlers do not run on threads it does not know of.
TEST_F(RemoveTreeConcurrencyTest, HelpersBlockAllSignals) {
  caller = pthread_self();
  helper_calls = 0;
  SystemCalls calls = kKernelCalls;
  calls.remove = LookAtSignals;
  RemoveTreeOptions options;
  options.max_threads = 2;
  tempdir_internal::HeapStorage storage;
  while (helper_calls == 0) {
    MakeMixedTree();
    ASSERT_TRUE(
        RemoveTreeWith(calls, storage, Path("tree"), options, nullptr).ok());
  }
  EXPECT_EQ(threads_with_signals, 0);
}

// C29: small trees start no thread, and big ones none beyond the limit.
TEST_F(RemoveTreeConcurrencyTest, SmallTreesAndSingleThreadsStartNoThread) {
  caller = pthread_self();
  helper_calls = 0;
  SystemCalls calls = kKernelCalls;
  calls.remove = LookAtSignals;
  tempdir_internal::HeapStorage storage;
  RemoveTreeOptions options;
  options.max_threads = 1;
  MakeMixedTree();
  ASSERT_TRUE(
      RemoveTreeWith(calls, storage, Path("tree"), options, nullptr).ok());
  MakeDirectory("tree");
  MakeFile("tree/file");
  ASSERT_TRUE(RemoveTreeWith(calls, storage, Path("tree"), {}, nullptr).ok());
  EXPECT_EQ(helper_calls, 0);
}

void Nothing(int) {}

// C29, edge 33.
TEST_F(RemoveTreeConcurrencyTest, StormOfSignalsChangesNothing) {
  struct sigaction action = {}, before;
  action.sa_handler = Nothing;  // without SA_RESTART
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  const uint64_t entries = MakeMixedTree();
  const pthread_t target = pthread_self();
  std::atomic<bool> stop{false};
  std::atomic<int> sent{0};
  std::thread storm([&] {
    while (!stop) {
      pthread_kill(target, SIGUSR1);
      ++sent;
    }
  });
  while (sent < 10) {
  }
  RemoveTreeStats stats;
  const absl::Status status = RemoveTree(Path("tree"), {}, &stats);
  stop = true;
  storm.join();
  sigaction(SIGUSR1, &before, nullptr);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(stats.entries(), entries);
}

}  // namespace
