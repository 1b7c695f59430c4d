// SPDX-License-Identifier: Apache-2.0

// The example with_tempdir: the directory goes however it ends.

#include <signal.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <string>

#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tests/support/child_process.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::SendSignal;
using finalize_test::SendToGroup;
using namespace finalize_test;  // NOLINT(build/namespaces)

class WithTempdirKillTest : public TempDirFixture {
 protected:
  static ChildProcess Start(const std::string& line) {
    const char* const program = getenv("WITH_TEMPDIR");
    return ChildProcess({program != nullptr ? program : "", "/bin/sh", "-c",
                         "touch $TMPDIR/file; echo ready; " + line});
  }
  // Returns when a reaper process has removed everything.
  void AwaitNothing() const {
    const int watch = inotify_init1(IN_CLOEXEC);
    inotify_add_watch(watch, scratch().c_str(), IN_DELETE);
    char event[4096];
    while (!Entries(scratch()).empty()) {
      if (read(watch, event, sizeof event) <= 0) break;
    }
    close(watch);
    EXPECT_TRUE(Entries(scratch()).empty());
  }
};

// C30: killed, it leaves the directory to the command, and then to a reaper.
TEST_F(WithTempdirKillTest, CommandThatOutlivesItKeepsItsDirectory) {
  for (int number : {SIGKILL, SIGSEGV}) {
    ChildProcess tool = Start("read x; echo y >$TMPDIR/y && echo ok");
    ASSERT_TRUE(tool.AwaitOutput("ready\n"));
    SendSignal(tool.pid(), number);
    const auto report = tempdir::Reap(scratch());
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->Count(tempdir::ReapOutcome::kInUse), 1u);
    tool.Send("\n");
    ASSERT_TRUE(tool.AwaitOutput("ok\n"));
    EXPECT_TRUE(tool.Await().Killed(number));
    AwaitNothing();
  }
}

TEST_F(WithTempdirKillTest, KilledGroupLeavesNothing) {
  ChildProcess tool = Start("read x");
  ASSERT_TRUE(tool.AwaitOutput("ready\n"));
  SendToGroup(tool.pid(), SIGKILL);
  EXPECT_TRUE(tool.Await().Killed(SIGKILL));
  AwaitNothing();
}

// They go on to the command, and what ends that ends it.
TEST_F(WithTempdirKillTest, SignalThatEndsTheCommandEndsItLast) {
  for (int number : {SIGABRT, SIGALRM, SIGXCPU, SIGVTALRM, SIGPROF, SIGPIPE,
                     SIGRTMIN + 3, SIGRTMAX}) {
    ChildProcess tool = Start("read x");
    ASSERT_TRUE(tool.AwaitOutput("ready\n"));
    SendSignal(tool.pid(), number);
    EXPECT_FALSE(tool.AwaitOutput("more"));
    const ChildResult result = tool.Await();
    EXPECT_TRUE(result.Killed(number)) << result;
    EXPECT_EQ(result.err, "");
    EXPECT_TRUE(Entries(scratch()).empty());
  }
}

}  // namespace
