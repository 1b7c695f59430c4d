// SPDX-License-Identifier: Apache-2.0

// Who counts as alive (C30): the processes that the kernel says hold a root,
// wherever they run, and nobody else.

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <string>

#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/forked.h"
#include "tests/support/lingering_process.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using finalize_test::Forked;
using finalize_test::HeldProcess;
using tempdir::ReapOutcome;
using tempdir::TempDir;
using tempdir::TempDirOptions;

class ReapFamilyTest : public TempDirFixture {
 protected:
  // What becomes of the roots in the scratch directory.
  size_t Reaped(ReapOutcome outcome) const {
    auto report = tempdir::Reap(scratch());
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->Count(outcome) : 0;
  }
};

TEST_F(ReapFamilyTest, ForkedChildOfAKilledOwnerCounts) {
  LingeringProcess owner([](int out) {
    auto* dir = Abandon(Make<TempDir>());
    const pid_t child = Forked(fork());
    if (child == 0) return;
    dprintf(out, "%d %s\n", child, dir->path().c_str());
  });
  char directory[4096];
  pid_t child = 0;
  ASSERT_EQ(sscanf(owner.AwaitLine().c_str(), "%d %s", &child, directory), 2);
  HeldProcess held(child);
  owner.Kill();
  EXPECT_EQ(Reaped(ReapOutcome::kInUse), 1u);
  EXPECT_TRUE(Exists(directory));
  held.Send(SIGKILL);
  EXPECT_FALSE(owner.AwaitByte());
  while (!Entries(scratch()).empty()) Reaped(ReapOutcome::kRemoved);
}

// Edge 17: a program that the owner executed does not hold what it inherited.
TEST_F(ReapFamilyTest, ExecutedChildOfAKilledOwnerDoesNotCount) {
  LingeringProcess owner([](int out) {
    Abandon(Make<TempDir>());
    if (Forked(fork()) != 0) return;
    dup2(out, STDOUT_FILENO);
    execlp("sh", "sh", "-c", "echo $$; exec sleep 1000", nullptr);
  });
  HeldProcess executed(atoi(owner.AwaitLine().c_str()));
  owner.Kill();
  EXPECT_EQ(Reaped(ReapOutcome::kRemoved), 1u);
  executed.Send(SIGKILL);
}

// TMPDIR of the one is a temp dir of the other.
TEST_F(ReapFamilyTest, ProcessInTheTempDirOfADeadOneCounts) {
  LingeringProcess outer([](int out) {
    dprintf(out, "%s\n", Abandon(Make<TempDir>())->path().c_str());
  });
  const std::string inside = outer.AwaitLine();
  LingeringProcess inner([&](int out) {
    setenv("TMPDIR", inside.c_str(), 1);
    dprintf(out, "%s\n", Abandon(Make<TempDir>())->path().c_str());
  });
  const std::string live = inner.AwaitLine();
  outer.Kill();
  EXPECT_EQ(Reaped(ReapOutcome::kInUse), 1u);
  EXPECT_TRUE(Exists(live));
  inner.Kill();
  EXPECT_EQ(Reaped(ReapOutcome::kRemoved), 1u);
  EXPECT_TRUE(Entries(scratch()).empty());
}

// A process 1 in a pid namespace of its own, with a temp dir in the scratch
// directory. It reaps at each byte that it is sent, and says how many it found
// in use and how many it removed.
class Container {
 public:
  Container() : process_([this](int out) { Run(out); }) { close(orders_[0]); }
  ~Container() { close(orders_[1]); }
  std::string AwaitLine() { return process_.AwaitLine(); }
  std::string Reap() {
    (void)!write(orders_[1], "", 1);
    return AwaitLine();
  }
  // Its process 1 ends with it.
  void Kill() {
    process_.Kill();
    while (!process_.AwaitLine().empty()) {
    }
  }

 private:
  struct Orders {
    Orders() {
      if (pipe2(ends, O_CLOEXEC) != 0) abort();
    }
    int& operator[](int i) { return ends[i]; }
    int ends[2];
  };

  void Run(int out) {
    if (unshare(CLONE_NEWPID) != 0) abort();
    if (Forked(fork()) != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto* dir = Abandon(Make<TempDir>());
    dprintf(out, "%d %s\n", getpid(), dir->path().c_str());
    char byte;
    while (read(orders_[0], &byte, 1) == 1) {
      auto report = tempdir::Reap();
      dprintf(out, "in use %zu, removed %zu\n",
              report->Count(ReapOutcome::kInUse),
              report->Count(ReapOutcome::kRemoved));
    }
    _exit(0);
  }

  Orders orders_;
  LingeringProcess process_;
};

// Edge 38: both are process 1, and share the directory.
TEST_F(ReapFamilyTest, ContainerTwinsDoNotReapEachOther) {
  Container one, other;
  EXPECT_EQ(one.AwaitLine().substr(0, 2), "1 ");
  const std::string other_line = other.AwaitLine();
  EXPECT_EQ(other_line.substr(0, 2), "1 ");
  EXPECT_EQ(one.Reap(), "in use 2, removed 0");
  EXPECT_EQ(other.Reap(), "in use 2, removed 0");
  one.Kill();
  while (Entries(scratch()).size() == 2) other.Reap();
  EXPECT_TRUE(Exists(other_line.substr(2)));
  EXPECT_EQ(other.Reap(), "in use 1, removed 0");
}

}  // namespace
