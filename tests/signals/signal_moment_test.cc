// SPDX-License-Identifier: Apache-2.0

// A signal to a thread that holds the locks of the library.
#include <signal.h>

#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;

// Its input stays open: it ends by itself.
ChildResult ResultOf(const std::string& scenario) {
  ChildProcess child({HelperPath("signal_moment_child"), scenario});
  child.AwaitOutput("the end");
  return child.Await();
}

// C22: the handler takes no lock: it returns to a thread that holds all of
// them, and the drain begins when they are free.
TEST(SignalUnderLocksTest, DrainsWhenTheyAreFree) {
  const ChildResult raised = ResultOf("raises-under-locks");
  EXPECT_TRUE(raised.Killed(SIGTERM)) << raised;
  EXPECT_EQ(raised.out, "handled\ndrained on signal\n");
  EXPECT_EQ(raised.err, "");
  const ChildResult sent = ResultOf("sent-under-locks");
  EXPECT_TRUE(sent.Killed(SIGTERM)) << sent;
  EXPECT_EQ(sent.out, "handled by the holder\ndrained on signal\n");
  EXPECT_EQ(sent.err, "");
}

}  // namespace
