// SPDX-License-Identifier: Apache-2.0

// A service that ends while requests are in flight.
#include <signal.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

ChildResult ResultOfTerm(const std::string& scenario) {
  ChildProcess child({HelperPath("in_flight_end_child"), scenario});
  EXPECT_TRUE(child.AwaitOutput("ready\n"));
  child.Signal(SIGTERM);
  child.AwaitOutput("the end");
  return child.Await();
}

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("in_flight_end_child"), scenario});
}

// C39: SIGTERM waits for what can be answered, names what cannot, and cleans up
// after it.
TEST(InFlightEndTest, AnswersAndNamesTheStuckOne) {
  const ChildResult result = ResultOfTerm("serve");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_THAT(result.out,
              AnyOf("ready\nanswered GET /a\nanswered GET /b\ncleaned up\n",
                    "ready\nanswered GET /b\nanswered GET /a\ncleaned up\n"));
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("\"requests\" finalize_internal::AwaitRequests "
                              "failed on signal"),
                    HasSubstr("1 still in flight after "),
                    HasSubstr(": \"GET /stuck\" for "),
                    Not(HasSubstr("GET /a")), Not(HasSubstr("GET /b"))));
}

// C39: also if main returns during the drain, and stands by.
TEST(InFlightEndTest, NamesItBeforeMainTakesOver) {
  const ChildResult result = ResultOfTerm("serve-until-closed");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\ncleaned up\n");
  EXPECT_THAT(result.err, HasSubstr("\"GET /stuck\" for "));
}

// C39: exit() waits as well.
TEST(InFlightEndTest, IsAwaitedByExit) {
  const ChildResult result = ResultOf("exit");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "answered GET /a\ncleaned up\n");
  EXPECT_EQ(result.err, "");
}

// C39, C15: exit() in a signal handler that interrupted a change of the
// requests: they are not awaited, which is reported.
TEST(InFlightEndTest, IsNotAwaitedIfAHandlerInterruptsAChange) {
  ChildOptions options;
  options.handlers_exit = true;
  const ChildResult result = RunChild(
      {HelperPath("in_flight_end_child"), "interrupt-change"}, options);
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "cleaned up\n");
  EXPECT_THAT(result.err, HasSubstr("exit() interrupted a change of its list"));
}

// C39, C20: an object whose static destructor runs before the drain.
TEST(InFlightEndTest, IsAwaitedAfterItsDestructor) {
  const ChildResult result = ResultOf("exit-with-static");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "static of new\nanswered GET /a\ncleaned up\n");
  EXPECT_EQ(result.err, "");
}

// C39, C21: a child has the requests that entered there, and waits for them.
TEST(InFlightEndTest, IsTheChildsOwnAfterFork) {
  const ChildResult result = ResultOf("prefork");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "answered GET /worker\nworker cleaned up\n");
  EXPECT_EQ(result.err, "");
}

// C39, C21: a child that adopts has the requests of its parent.
TEST(InFlightEndTest, IsAdopted) {
  const ChildResult result = ResultOf("adopt");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "answered in the child\ncleaned up\n");
  EXPECT_EQ(result.err, "");
}

}  // namespace
