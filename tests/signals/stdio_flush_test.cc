// SPDX-License-Identifier: Apache-2.0

// What a process that a signal ends writes to its stdio streams.
#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;

// Its input stays open: it ends by itself.
ChildResult ResultOf(const std::string& scenario) {
  ChildProcess child({HelperPath("signal_status_child"), scenario});
  child.AwaitOutput("the end");
  return child.Await();
}

// C22: what callbacks have written by stdio is lost, unless it is asked for.
TEST(FlushStdioTest, WritesWhatCallbacksPrinted) {
  const ChildResult result = ResultOf("flushes");
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "out of the callback\n");
  EXPECT_EQ(result.err, "error of the callback\n");
  const ChildResult unasked = ResultOf("does-not-flush");
  EXPECT_TRUE(unasked.Exited(4)) << unasked;
  EXPECT_EQ(unasked.out, "");
}

// C22: a thread in getline(stdin) is not waited for.
TEST(FlushStdioTest, WaitsForNoReader) {
  const ChildResult result = ResultOf("reads-a-line");
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "out of the callback\n");
}

// C22: a stream that another thread holds loses its output, and no more.
TEST(FlushStdioTest, PassesOverAStreamThatIsHeld) {
  const ChildResult result = ResultOf("holds-stdout");
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "error of the callback\n");
}

// C22: so does one that nobody reads.
TEST(FlushStdioTest, GivesUpAFullPipe) {
  const ChildResult result = ResultOf("fills-the-pipe");
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "drained\n");
}

}  // namespace
