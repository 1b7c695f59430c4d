// SPDX-License-Identifier: Apache-2.0

// In what surroundings compare_tempdirs works, and what it says if it cannot.

#include <grp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/compare/tool_run.h"
#include "tests/support/child_process.h"
#include "tests/support/private_mounts.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::Compare;
using finalize_test::EnterPrivateMounts;
using finalize_test::MountPrivateMemory;
using finalize_test::ToolRun;
using testing::HasSubstr;
using testing::Not;

// Nothing may come out otherwise than ever.
void ExpectAsEver(const std::string& only, const std::function<void()>& setup) {
  const ToolRun run = Compare({"--format=markdown", "--only=" + only}, setup);
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_EQ(run.errors, "");
}

// The scenarios that depend on what a process inherits.
constexpr char kInheriting[] =
    "ordinary,signals,fork,exec,disk-full,undeletable";

TEST(SurroundingsTest, StandardInputMayBeClosed) {
  ExpectAsEver(kInheriting, [] { close(STDIN_FILENO); });
}

TEST(SurroundingsTest, IgnoredSignalsAreNotInherited) {
  ExpectAsEver(kInheriting, [] {
    for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGCHLD}) {
      signal(number, SIG_IGN);
    }
  });
}

TEST(SurroundingsTest, BlockedSignalsAreNotInherited) {
  ExpectAsEver(kInheriting, [] {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
  });
}

// The tool's own directory is kept, as asked; what it finds is not changed.
TEST(SurroundingsTest, TheVariableThatKeepsTempDirsIsNotInherited) {
  const std::string parent = std::string(getenv("TEST_TMPDIR")) + "/keep";
  ASSERT_EQ(mkdir(parent.c_str(), 0700), 0);
  const ToolRun run = finalize_test::RunProgram(
      "examples/compare_tempdirs", {"--only=scope-end,exit-nested"}, [&] {
        setenv("TMPDIR", parent.c_str(), 1);
        setenv("FINALIZE_KEEP_TEMP_DIRS", "1", 1);
      });
  EXPECT_EQ(run.exit_code, 0) << run.errors;
}

TEST(SurroundingsTest, AnyUmask) {
  ExpectAsEver(kInheriting, [] { umask(0); });
}

// As another user if this one is the superuser: in a /tmp of their own, for
// they cannot get at this test's. Not nobody: in a user namespace that is the
// owner who cannot be told, whose temp dirs no reaper takes.
TEST(SurroundingsTest, AnOrdinaryUser) {
  ExpectAsEver("*", [] {
    if (geteuid() != 0) return;
    constexpr uid_t kOrdinary = 1000;
    if (!MountPrivateMemory("/tmp", "mode=1777").empty() ||
        setgroups(0, nullptr) != 0 ||
        setresgid(kOrdinary, kOrdinary, kOrdinary) != 0 ||
        setresuid(kOrdinary, kOrdinary, kOrdinary) != 0 || chdir("/") != 0) {
      _exit(125);
    }
    setenv("TMPDIR", "/tmp", 1);
  });
}

// Those that there are do the work.
TEST(SurroundingsTest, FewerThreadsThanJobs) {
  ExpectAsEver("scope-end", [] {
    // Its own memory is less than a tenth of this; each thread has 8 MiB.
    const rlimit memory = {rlim_t{400} << 20, rlim_t{400} << 20};
    setrlimit(RLIMIT_AS, &memory);
  });
}

// In the middle of the first scenarios: it says nothing of what is removed
// under its hands, and leaves nothing.
TEST(SurroundingsTest, SignalsLeaveNothing) {
  for (const int number : {SIGINT, SIGTERM, SIGQUIT}) {
    const std::string parent = std::string(getenv("TEST_TMPDIR")) + "/signal." +
                               std::to_string(number);
    ASSERT_EQ(mkdir(parent.c_str(), 0700), 0);
    ChildProcess process({"examples/compare_tempdirs", "--jobs=2", "--progress",
                          "--columns=own"},
                         {{{"TMPDIR", parent}}});
    ASSERT_TRUE(process.AwaitError("1/"));
    process.Signal(number);
    const ChildResult run = process.Await();
    EXPECT_TRUE(run.Killed(number)) << run;
    EXPECT_THAT(run.err, Not(HasSubstr("compare_tempdirs:")));
    EXPECT_EQ(rmdir(parent.c_str()), 0) << number << " leaves something";
  }
}

TEST(SurroundingsTest, ClosedPipeIsAnError) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  const ToolRun run = Compare({"--only=scope-end", "--progress"}, [&] {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
  });
  close(ends[1]);
  EXPECT_EQ(run.signal, 0);
  EXPECT_EQ(run.exit_code, 1);
}

TEST(SurroundingsTest, FullOutputIsAnError) {
  for (const char* const flag : {"--list", "--help", "--only=scope-end"}) {
    const ToolRun run =
        Compare({flag}, [] { (void)!freopen("/dev/full", "w", stdout); });
    EXPECT_EQ(run.exit_code, 1) << flag;
  }
}

TEST(SurroundingsTest, ItSaysThatItNeedsProc) {
  const ToolRun run = Compare({"--only=scope-end"}, [] {
    if (!EnterPrivateMounts().empty() || umount2("/proc", MNT_DETACH) != 0) {
      _exit(125);
    }
  });
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.errors, HasSubstr("/proc must be mounted"));
}

}  // namespace
