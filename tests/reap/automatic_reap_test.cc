// SPDX-License-Identifier: Apache-2.0

// The reaping that a process does by itself (C30, C19).

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/dead_roots.h"
#include "tests/support/forked.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using finalize_test::Forked;
using finalize_test::SendSignal;
using tempdir::TempDirOptions;

size_t CountThreads() { return Entries("/proc/self/task").size(); }

// Threads that are reaping.
size_t CountReapers() {
  size_t count = 0;
  for (const std::string& thread : Entries("/proc/self/task")) {
    std::ifstream file("/proc/self/task/" + thread + "/comm");
    std::string name;
    count += std::getline(file, name) && name == "finalize-reap";
  }
  return count;
}

// Waits until something that is directly in the watched directory is removed.
void AwaitRemoval(int watch) {
  char event[4096];
  (void)!read(watch, event, sizeof event);
}
int WatchParent(const path& parent) {
  const int watch = inotify_init1(IN_CLOEXEC);
  inotify_add_watch(watch, parent.c_str(), IN_DELETE);
  return watch;
}

template <class Dir>
class AutomaticReapTest : public TempDirFixture {
 protected:
  // Children of the test reap by themselves.
  static void Allow() { unsetenv("FINALIZE_REAP"); }
};
TYPED_TEST_SUITE(AutomaticReapTest, Styles, StyleName);

// C30, edge 15: the next start removes what the killed one left.
TYPED_TEST(AutomaticReapTest, NextStartRemovesWhatWasLeft) {
  const path root = MakeDeadRoot(this->scratch());
  const int watch = WatchParent(this->scratch());
  const Ended ended = RunForked([&] {
    this->Allow();
    TypeParam dir = Make<TypeParam>();
    AwaitRemoval(watch);
    SayUnless(!Exists(root), "not removed");
    SayUnless(Exists(dir.path()), "removed its own");
    SayUnless(Entries(this->scratch()).size() == 1, "something is left");
  });
  EXPECT_EQ(ended.output, "");
  close(watch);
}

// Fills the inodes of a file system on the scratch directory with what killed
// processes leave; returns one of their roots.
path FillWithTheDead(const path& parent) {
  MountMemory(parent, "mode=0700,nr_inodes=10");
  path root;
  for (int i = 0; i < 3; ++i) root = MakeDeadRoot(parent);
  return root;
}

// C30: a full file system heals at the next start, before anything else.
TYPED_TEST(AutomaticReapTest, FullFileSystemIsReapedBeforeCreateFails) {
  const Ended ended = RunForked([this] {
    const path dead = FillWithTheDead(this->scratch());
    this->Allow();
    auto dir = TypeParam::Create();
    SayUnless(dir.ok(), dir.status().ToString());
    SayUnless(!Exists(dead), "not removed");
    SayUnless(Entries(this->scratch()).size() == 1, "something is left");
  });
  EXPECT_EQ(ended.output, "");
}

TYPED_TEST(AutomaticReapTest, FullFileSystemIsReapedForADirectOneToo) {
  const Ended ended = RunForked([this] {
    FillWithTheDead(this->scratch());
    this->Allow();
    auto dir = TypeParam::Create(TempDirOptions().set_direct());
    SayUnless(dir.ok(), dir.status().ToString());
    SayUnless(Entries(this->scratch()).size() == 1, "something is left");
  });
  EXPECT_EQ(ended.output, "");
}

// A root that is alive is not what makes room.
TYPED_TEST(AutomaticReapTest, FullFileSystemOfTheLivingIsResourceExhausted) {
  const Ended ended = RunForked([this] {
    // The mark of the root takes a part of an inode, too.
    MountMemory(this->scratch(), "mode=0700,nr_inodes=5");
    this->Allow();
    TypeParam dir = Make<TypeParam>();
    MakeFile(dir.path() / "file");
    const absl::Status full = TypeParam::Create().status();
    SayUnless(absl::IsResourceExhausted(full), full.ToString());
    SayUnless(Exists(dir.path() / "file"), "removed its own");
  });
  EXPECT_EQ(ended.output, "");
}

TYPED_TEST(AutomaticReapTest, VariableLeavesAFullFileSystemFull) {
  const Ended ended = RunForked([this] {
    const path dead = FillWithTheDead(this->scratch());
    setenv("FINALIZE_REAP", "0", 1);
    const absl::Status full = TypeParam::Create().status();
    SayUnless(absl::IsResourceExhausted(full), full.ToString());
    SayUnless(Exists(dead), "removed");
  });
  EXPECT_EQ(ended.output, "");
}

// Not another one for the second temp dir, nor for a root that is made anew.
TYPED_TEST(AutomaticReapTest, RunsOnceForEachParent) {
  const Ended ended = RunForked([this] {
    this->Allow();
    const path parent = this->Parent();
    const path dead = MakeDeadRoot(parent);
    const int watch = WatchParent(parent);
    {
      TypeParam dir = Make<TypeParam>(TempDirOptions().set_parent(parent));
      AwaitRemoval(watch);
    }
    while (CountReapers() > 0) sched_yield();
    const size_t threads = CountThreads();
    MakeDeadRoot(parent);
    for (int i = 0; i < 20; ++i) {
      TypeParam dir = Make<TypeParam>(TempDirOptions().set_parent(parent));
      SayUnless(CountThreads() == threads, "another thread");
    }
    SayUnless(Entries(parent).size() == 1, "reaped again");
  });
  EXPECT_EQ(ended.output, "");
}

TYPED_TEST(AutomaticReapTest, VariableSwitchesItOff) {
  const path root = MakeDeadRoot(this->scratch());
  const Ended ended = RunForked([] {
    setenv("FINALIZE_REAP", "0", 1);
    const size_t threads = CountThreads();
    TypeParam dir = Make<TypeParam>();
    SayUnless(CountThreads() == threads, "a thread");
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_TRUE(Exists(root));
}

TYPED_TEST(AutomaticReapTest, CallSwitchesItOffWhateverTheVariableSays) {
  const path root = MakeDeadRoot(this->scratch());
  const Ended ended = RunForked([] {
    setenv("FINALIZE_REAP", "1", 1);
    tempdir::SetAutomaticReap(false);
    const size_t threads = CountThreads();
    TypeParam dir = Make<TypeParam>();
    SayUnless(CountThreads() == threads, "a thread");
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_TRUE(Exists(root));
}

// The handler of a signal to the process never runs on that thread.
TYPED_TEST(AutomaticReapTest, ThreadBlocksAllSignals) {
  const Ended ended = RunForked([this] {
    this->Allow();
    MountMemory(this->scratch(), "mode=0700");
    static const pid_t main_thread = gettid();
    signal(SIGUSR1, [](int) {
      if (gettid() != main_thread) _exit(7);
    });
    for (int i = 0; i < 30; ++i) MakeDeadRoot(this->scratch());
    TypeParam dir = Make<TypeParam>();
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
    while (Entries(this->scratch()).size() > 1) SendSignal(getpid(), SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &usr1, nullptr);
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.exit_code, 0);
}

// A process that ends at once leaves what is not done to the next ones, and no
// end of a process is disturbed by the thread.
TYPED_TEST(AutomaticReapTest, ExitDoesNotWaitForIt) {
  const path parent = this->Parent();
  for (int i = 0; i < 20; ++i) MakeDeadRoot(parent);
  for (int tries = 0; tries < 100 && !Entries(parent).empty(); ++tries) {
    const Ended ended = RunForked([&] {
      this->Allow();
      { TypeParam dir = Make<TypeParam>(TempDirOptions().set_parent(parent)); }
      exit(3);
    });
    EXPECT_EQ(ended.exit_code, 3);
    EXPECT_EQ(ended.output, "");
  }
  EXPECT_TRUE(tempdir::Reap(parent).ok());
  EXPECT_TRUE(Entries(parent).empty());
}

// C21: a fork in the middle of it.
TYPED_TEST(AutomaticReapTest, ChildForkedInTheMiddleMakesItsOwn) {
  const path parent = this->Parent();
  for (int i = 0; i < 20; ++i) MakeDeadRoot(parent);
  const Ended ended = RunForked([&] {
    this->Allow();
    TypeParam dir = Make<TypeParam>(TempDirOptions().set_parent(parent));
    for (int i = 0; i < 20; ++i) {
      const pid_t child = Forked(fork());
      if (child == 0) {
        // ThreadSanitizer allows such a child no thread.
        setenv("FINALIZE_REAP", "0", 1);
        TypeParam own = Make<TypeParam>(TempDirOptions().set_parent(parent));
        _exit(own.Remove().ok() ? 0 : 1);
      }
      int status;
      waitpid(child, &status, 0);
      SayUnless(status == 0, "child");
    }
    SayUnless(Exists(dir.path()), "removed");
  });
  EXPECT_EQ(ended.output, "");
}

// A worker of a supervisor that made its temp dirs long ago.
TYPED_TEST(AutomaticReapTest, ForkedChildReapsForItself) {
  const Ended ended = RunForked([this] {
    TypeParam supervisors = Make<TypeParam>();
    const path dead = MakeDeadRoot(this->scratch());
    const int watch = WatchParent(this->scratch());
    const pid_t worker = Forked(fork());
    if (worker == 0) {
      this->Allow();
      TypeParam workers = Make<TypeParam>();
      AwaitRemoval(watch);
      _exit(Exists(dead) || !Exists(supervisors.path()) ? 1 : 0);
    }
    int status;
    waitpid(worker, &status, 0);
    SayUnless(status == 0, "not reaped by the worker");
  });
  EXPECT_EQ(ended.output, "");
}

}  // namespace
