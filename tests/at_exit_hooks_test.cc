// at_exit_hooks prints what the README says, and the same at every end.
#include <signal.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tool_run.h"

namespace {

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
    "so far: 5 registered, 1 run, 0 detached, 0 failed, 0 foreign\n"
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

tool_run::ToolRun RunExample(const std::string& way) {
  return tool_run::RunProgram("examples/at_exit_hooks", {way});
}

// C9, C14, C22, C26.
TEST(AtExitHooksTest, DrainsOnSigterm) {
  const tool_run::ToolRun run = RunExample("sigterm");
  EXPECT_EQ(run.signal, SIGTERM);
  EXPECT_EQ(run.output, EndBy("signal"));
  EXPECT_EQ(run.errors, "");
}

// C18: a failed callback leaves the exit status alone.
TEST(AtExitHooksTest, DrainsAtExit) {
  const tool_run::ToolRun run = RunExample("exit");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.output, EndBy("exit"));
  EXPECT_EQ(run.errors, "");
}

TEST(AtExitHooksTest, DrainsAtQuickExit) {
  const tool_run::ToolRun run = RunExample("quick_exit");
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_EQ(run.output, EndBy("quick_exit"));
  EXPECT_EQ(run.errors, "");
}

TEST(AtExitHooksTest, DrainsAtTerminate) {
  const tool_run::ToolRun run = RunExample("terminate");
  EXPECT_EQ(run.signal, SIGABRT);
  EXPECT_EQ(run.output, EndBy("terminate"));
  EXPECT_THAT(run.errors, HasSubstr("no such record"));
}

// C15: the one that hangs is named, before and after.
TEST(AtExitHooksTest, NamesWhatHangs) {
  const tool_run::ToolRun run = RunExample("hang");
  EXPECT_EQ(run.exit_code, 124);
  EXPECT_THAT(run.output, EndsWith("  phase 0: flush metrics\n"));
  EXPECT_THAT(run.errors, HasSubstr("\"flush metrics\" is still running"));
  EXPECT_THAT(run.errors, HasSubstr("\"leave cluster\" is left"));
}

}  // namespace
