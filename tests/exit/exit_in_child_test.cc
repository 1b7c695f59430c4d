// SPDX-License-Identifier: Apache-2.0

// ExitInChild: the end of a child that was forked beside a thread in exit().
#include "finalize/exit_in_child.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::AnyOf;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("exit_in_child_child"), scenario});
}

// C17, C21: the child runs what it has registered itself, and ends, although it
// has inherited the C library's lock; the parent goes on.
TEST(ExitInChildTest, RunsItsOwnFinalizers) {
  const ChildResult result = ResultOf("runs-its-own");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out,
            "second of the child\nfirst of the child\nchild exited with 5\n"
            "of the parent\n");
  EXPECT_EQ(result.err, "");
}

// C21: what was printed is written.
TEST(ExitInChildTest, FlushesStandardOutput) {
  const ChildResult result = ResultOf("flushes");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out,
            "printed\nprinted in a callback\nchild exited with 5\n"
            "of the parent\n");
}

// C21: a stream that another thread holds does not hold it up.
TEST(ExitInChildTest, WaitsForNoStream) {
  const ChildResult result = ResultOf("holds-stream");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "printed\nchild exited with 5\nof the parent\n");
}

// C18: a failed drain sets the status, if asked for.
TEST(ExitInChildTest, SetsTheFailureExitCode) {
  const ChildResult result = ResultOf("fails");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "child exited with 9\nof the parent\n");
}

// C15, C17: a callback that calls exit() there ends the child, at the deadline
// at the latest.
TEST(ExitInChildTest, IsWatched) {
  const ChildResult result = ResultOf("callback-exits");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_THAT(result.out, AnyOf("child exited with 6\nof the parent\n",
                                "child exited with 124\nof the parent\n"));
}

// C20: in any other process it is an exit() that runs finalizers only.
TEST(ExitInChildTest, RunsFinalizersOnlyElsewhere) {
  const ChildResult result = ResultOf("no-child");
  EXPECT_TRUE(result.Exited(5)) << result;
  EXPECT_EQ(result.out, "ran\n");
}

}  // namespace
