// SPDX-License-Identifier: Apache-2.0

// What InstallExitHooks reports of signals, and that it asks the kernel.
#include <signal.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

// Its input stays open: it ends by itself.
ChildResult ResultOf(const std::string& scenario) {
  ChildProcess child({HelperPath("hooked_signals_child"), scenario});
  child.AwaitOutput("the end");
  return child.Await();
}

// C22: each signal that was asked for is listed in one line, with the handler
// that is in the way or runs as well; before, there are none.
TEST(HookedSignalsTest, ListsWhatWasTakenAndWhatNot) {
  const ChildResult result = ResultOf("one-of-each");
  EXPECT_TRUE(result.Exited(0)) << result;
  const std::string list =
      "SIGHUP ignored, SIGINT handled by OnInterrupt, "
      "SIGQUIT taken beside OnInterrupt, SIGTERM taken, SIGRTMIN+2 taken\n";
  EXPECT_EQ(result.out, "no signals\nOK: " + list + list);
}

// C22: OK means that something drains. Where all that was asked for has
// handlers it is not; what is named is taken.
TEST(HookedSignalsTest, IsNotOkIfAllAreHandled) {
  const ChildResult result = ResultOf("all-handled");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.out,
              StartsWith("FAILED_PRECONDITION: no signal was taken: "
                         "SIGHUP handled by OnInterrupt, "));
  EXPECT_THAT(result.out, HasSubstr("\nOK: SIGHUP handled by OnInterrupt, "
                                    "SIGINT handled by OnInterrupt, "
                                    "SIGTERM taken beside OnInterrupt\n"));
}

// C22: nothing can come that is ignored.
TEST(HookedSignalsTest, IsOkIfAllAreIgnored) {
  const ChildResult result = ResultOf("all-ignored");
  EXPECT_EQ(result.out, "OK: SIGHUP ignored, SIGINT ignored, SIGTERM ignored\n")
      << result;
}

// C23: the same for crash signals.
TEST(HookedSignalsTest, IsNotOkIfAllCrashesAreHandled) {
  const ChildResult result = ResultOf("crashes-handled");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.out,
              StartsWith("FAILED_PRECONDITION: no crash signal was taken: "
                         "SIGSEGV handled by "));
  EXPECT_THAT(result.out, ContainsRegex("SIGABRT handled by .*[Ff]ailure"));
  EXPECT_THAT(result.out, HasSubstr("crash_handlers_never_return"));
}

// C23: and they are listed as they stand.
TEST(HookedSignalsTest, ListsCrashSignals) {
  const ChildResult result = ResultOf("crashes-taken");
  EXPECT_TRUE(result.Exited(0)) << result;
  const std::string stops = "SIGHUP taken, SIGINT taken, SIGTERM taken, ";
  EXPECT_EQ(result.out,
            "OK: " + stops +
                "SIGSEGV taken, SIGBUS taken, SIGILL taken, SIGFPE taken, "
                "SIGABRT taken\n" +
                stops +
                "SIGSEGV taken, SIGBUS replaced by OnInterrupt, SIGILL taken, "
                "SIGFPE at its default, SIGABRT taken\n");
}

// C22: what the program has done since shows.
TEST(HookedSignalsTest, AsksTheKernel) {
  const ChildResult result = ResultOf("changed-since");
  const std::string others = "SIGHUP taken, SIGINT taken, ";
  EXPECT_EQ(result.out, "OK: " + others + "SIGTERM taken\n" +  //
                            others + "SIGTERM replaced by OnInterrupt\n" +
                            others + "SIGTERM at its default\n" +  //
                            others + "SIGTERM ignored\n")
      << result;
}

// C21: a child has not asked for any.
TEST(HookedSignalsTest, AreNotInherited) {
  const ChildResult result = ResultOf("not-in-the-child");
  EXPECT_THAT(result.out, HasSubstr("no signals\n")) << result;
}

void ExpectDrain(const std::string& scenario, const std::string& out) {
  const ChildResult result = ResultOf(scenario);
  EXPECT_TRUE(result.Killed(SIGTERM)) << scenario << result;
  EXPECT_EQ(result.out, out) << scenario;
}

// C22: a handler that was set, and the default that was put back: the signal is
// taken again.
TEST(TakingAgainTest, FindsTheDefaultPutBack) {
  const std::string all = "OK: SIGHUP taken, SIGINT taken, SIGTERM taken\n";
  ExpectDrain("set-and-restored", all + all + "drained on signal\n");
  ExpectDrain("set-and-restored-often", "drained on signal\n");
}

// C22: a later handler is taken over if a further call names its signal: it
// runs first, once, be it one that calls the hooks.
TEST(TakingAgainTest, TakesALaterHandlerOverIfNamed) {
  ExpectDrain("replaced-and-named",
              "OK: SIGTERM taken\nOK: SIGTERM taken beside OnInterrupt\n"
              "own handler\ndrained on signal\n");
  ExpectDrain("chained-and-named",
              "OK: SIGTERM taken\nOK: SIGTERM taken beside CallReplaced\n"
              "own handler\ndrained on signal\n");
}

// C22: the hooks' handler works although the program has put it back after it
// was replaced.
TEST(TakingAgainTest, LosesNoSignalOfAnOlderHandler) {
  ExpectDrain("older-one-put-back",
              "OK: SIGTERM taken\nOK: SIGTERM taken beside CallReplaced\n"
              "SIGTERM taken\ndrained on signal\n");
}

// C22: a descriptor that the program has closed is opened anew; until then the
// process drains, and writes to no other file.
TEST(TakingAgainTest, FindsTheDescriptorClosed) {
  ExpectDrain("descriptor-closed", "drained on signal\nuntouched\n");
  const ChildResult result = ResultOf("descriptor-closed-between");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "told\n");
}

// C22: so is the hook in std::terminate(), which the program has replaced.
TEST(TakingAgainTest, FindsTheTerminateHandlerReplaced) {
  const ChildResult result = ResultOf("terminate-replaced");
  EXPECT_TRUE(result.Exited(7)) << result;
  EXPECT_EQ(result.out, "drained\nown handler\n");
  const ChildResult chained = ResultOf("terminate-chained");
  EXPECT_TRUE(chained.Exited(7)) << chained;
  EXPECT_EQ(chained.out, "drained\nown handler\nfirst handler\n");
}

}  // namespace
