// SPDX-License-Identifier: Apache-2.0

// The stack that handlers run on, and the system calls that they interrupt.
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
  ChildProcess child({HelperPath("signal_handler_child"), scenario});
  child.AwaitOutput("the end");
  return child.Await();
}

void ExpectDeath(const std::string& scenario, const std::string& out) {
  const ChildResult result = ResultOf(scenario);
  EXPECT_TRUE(result.Killed(SIGTERM)) << scenario << result;
  EXPECT_EQ(result.out, out) << result;
  EXPECT_EQ(result.err, "") << result;
}

// C22: a handler of the program's runs on the alternate stack if it asked for
// it, and only then.
TEST(SignalStackTest, IsThatOfTheHandlerBefore) {
  ExpectDeath("on-alternate-stack", "on the alternate stack\ndrained\n");
  ExpectDeath("on-stack-of-thread", "on the stack of the thread\ndrained\n");
}

// C22: where there was none, ours runs on the alternate stack.
TEST(SignalStackTest, IsTheAlternateOne) {
  const ChildResult result = ResultOf("own-on-alternate-stack");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "on the alternate stack\n");
}

// C22: a read() that a signal comes into is restarted if the program's handler
// asked for it.
TEST(SignalRestartTest, IsThatOfTheHandlerBefore) {
  ExpectDeath("restarts-read", "handled\nread\ndrained\n");
  ExpectDeath("interrupts-read", "handled\nEINTR\ndrained\n");
}

// C22: where there was none, it is restarted.
TEST(SignalRestartTest, Restarts) {
  ExpectDeath("own-restarts-read", "read\ndrained\n");
}

}  // namespace
