// SPDX-License-Identifier: Apache-2.0

// at_exit_hooks prints what the README says, and the same at every end.
#include <signal.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::RunChild;
using testing::EndsWith;
using testing::HasSubstr;

constexpr char kBegin[] =
    "a worker ends:\n"
    "  phase 0: free arena of worker\n"
    "pending:\n"
    "  phase 200: close listener\n"
    "  phase 100: finish requests\n"
    "  phase 0: leave cluster\n"
    "  phase -100: remove pid file\n"
    "so far: 5 registered, 1 run, 0 detached, 0 failed, 0 inherited\n"
    "the end:\n";

std::string EndBy(const std::string& cause) {
  return kBegin + ("  phase 200: close listener\n"
                   "    the end is by " +
                   cause +
                   "\n"
                   "  phase 100: finish requests\n"
                   "  phase 0: leave cluster\n"
                   "  failed: leave cluster: UNAVAILABLE: node-7 does not "
                   "answer\n"
                   "  phase -100: remove pid file\n");
}

ChildResult RunExample(const std::string& way) {
  ChildOptions options;
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"}};
  return RunChild({"examples/at_exit_hooks", way}, options);
}

// C9, C14, C22, C26.
TEST(AtExitHooksTest, DrainsOnSigterm) {
  const ChildResult run = RunExample("sigterm");
  EXPECT_TRUE(run.Killed(SIGTERM)) << run;
  EXPECT_EQ(run.out, EndBy("signal"));
  EXPECT_EQ(run.err, "");
}

// C18: a failed callback leaves the exit status alone.
TEST(AtExitHooksTest, DrainsAtExit) {
  const ChildResult run = RunExample("exit");
  EXPECT_TRUE(run.Exited(0)) << run;
  EXPECT_EQ(run.out, EndBy("exit"));
  EXPECT_EQ(run.err, "");
}

TEST(AtExitHooksTest, DrainsAtQuickExit) {
  const ChildResult run = RunExample("quick_exit");
  EXPECT_TRUE(run.Exited(3)) << run;
  EXPECT_EQ(run.out, EndBy("quick_exit"));
  EXPECT_EQ(run.err, "");
}

TEST(AtExitHooksTest, DrainsAtTerminate) {
  const ChildResult run = RunExample("terminate");
  EXPECT_TRUE(run.Killed(SIGABRT)) << run;
  EXPECT_EQ(run.out, EndBy("terminate"));
  EXPECT_THAT(run.err, HasSubstr("no such record"));
}

// C22: the loop of the program ends first.
TEST(AtExitHooksTest, DrainsWhenALoopHasEnded) {
  const ChildResult run = RunExample("loop");
  EXPECT_TRUE(run.Killed(SIGTERM)) << run;
  std::string expected = EndBy("signal");
  const std::string end = "the end:\n";
  expected.insert(expected.find(end) + end.size(), "  the loop ends\n");
  EXPECT_EQ(run.out, expected);
  EXPECT_EQ(run.err, "");
}

// C21: what is pending at the fork is the child's.
TEST(AtExitHooksTest, DrainsInAChildThatAdopts) {
  const ChildResult run = RunExample("daemon");
  EXPECT_TRUE(run.Exited(0)) << run;
  std::string expected = EndBy("exit");
  expected.insert(expected.find("the end:\n"), "a child adopted 4\n");
  EXPECT_EQ(run.out, expected);
  EXPECT_EQ(run.err, "");
}

// C15: the one that hangs is named, before and after.
TEST(AtExitHooksTest, NamesWhatHangs) {
  const ChildResult run = RunExample("hang");
  EXPECT_TRUE(run.Exited(124)) << run;
  EXPECT_THAT(run.out, EndsWith("  phase 0: flush metrics\n"));
  EXPECT_THAT(run.err, HasSubstr("\"flush metrics\" is still running"));
  EXPECT_THAT(run.err, HasSubstr("\"leave cluster\" is left"));
}

}  // namespace
