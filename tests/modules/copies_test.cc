// SPDX-License-Identifier: Apache-2.0

// Several copies of the library in one process: hidden in plugins, of different
// versions, and in the program.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

ChildResult ResultOf(const std::string& scenario,
                     const std::string& program = "copies_child") {
  ChildOptions options;
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"}};
  ChildProcess child({HelperPath(program), scenario}, options);
  child.AwaitOutput("the end");  // its input stays open
  return child.Await();
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

constexpr int kRuns = 20;

// Each finalizer of each copy runs once, and then the process dies by SIGTERM.
template <class Matcher>
void ExpectDeath(const std::string& scenario, const Matcher& lines) {
  for (int i = 0; i < kRuns; ++i) {
    const ChildResult result = ResultOf(scenario);
    ASSERT_TRUE(result.Killed(SIGTERM)) << scenario << result;
    ASSERT_THAT(LinesOf(result.out), lines) << scenario << result;
    ASSERT_EQ(result.err, "") << scenario;
  }
}

void ExpectBothDrain(const std::string& scenario) {
  ExpectDeath(scenario, UnorderedElementsAre("slow, newer", "slow, older",
                                             "quick, newer", "quick, older"));
}

// C36, C22: two plugins, one of a newer revision; whichever has the handler,
// the process ends after the last.
TEST(CopiesTest, BothDrainAtASignal) {
  ExpectBothDrain("owner-is-slow");
  ExpectBothDrain("owner-is-quick");
}

// C36, C22: also if both name the signal.
TEST(CopiesTest, BothDrainIfBothNameTheSignal) { ExpectBothDrain("named"); }

// C36: a copy in the program, which exports it, beside one in a plugin.
TEST(CopiesTest, ProgramAndPluginDrain) {
  ExpectBothDrain("program-and-hidden");
  ExpectBothDrain("deep-and-program");
}

// C36, C22: a signal whose handler is another copy's is taken.
TEST(CopiesTest, SignalOfAnotherCopyIsTaken) {
  const ChildResult result = ResultOf("says-hooks");
  EXPECT_TRUE(result.Exited(0)) << result;
  const std::string taken = "SIGHUP taken, SIGINT taken, SIGTERM taken";
  EXPECT_THAT(LinesOf(result.out), ElementsAre(taken, taken)) << result;
}

// C36, C22: a copy of a version that is not known has a handler of the
// program's, which is left alone.
TEST(CopiesTest, UnknownVersionIsAForeignHandler) {
  ExpectDeath("unknown-version", ElementsAre("owner"));
}

// C36, C24: a plugin that is closed while another copy drains: its finalizers
// run to the end first.
TEST(CopiesTest, ProcessAwaitsAPluginThatIsClosed) {
  ExpectDeath(
      "closed-during-a-drain",
      UnorderedElementsAre("owner, newer", "other, newer", "other, older"));
}

// C36, C24: one with exit hooks stays mapped, and drains.
TEST(CopiesTest, PluginWithHooksMayBeClosed) {
  const auto both = UnorderedElementsAre("closed", "drains");
  ExpectDeath("owner-closed-during-a-drain", both);
  ExpectDeath("other-closed-during-a-drain", both);
  ExpectBothDrain("owner-closed-before");
}

// C36, C22: a copy that gets hooks during the drain of another takes part.
TEST(CopiesTest, HooksMayBeInstalledDuringADrain) {
  ExpectDeath("installed-during-a-drain",
              UnorderedElementsAre("owner", "other"));
}

// C36, C22: no copy drains before the shutdown loop of one has ended, by the
// signal or by exit().
TEST(CopiesTest, DrainsAwaitAShutdownLoop) {
  const auto told_first = AnyOf(ElementsAre("told", "owner", "other"),
                                ElementsAre("told", "other", "owner"));
  ExpectDeath("shutdown-loop", told_first);
  for (int i = 0; i < kRuns; ++i) {
    const ChildResult result = ResultOf("shutdown-loop-exits");
    ASSERT_TRUE(result.Exited(3)) << result;
    ASSERT_THAT(LinesOf(result.out), told_first) << result;
  }
}

// C36, C22: a signal that was handled before exit() is called decides the end,
// whichever copies have hooks, or something registered. A copy without hooks
// drains only if exit() comes to it before the process has died, beside the
// copy that has them.
TEST(CopiesTest, SignalBeforeExitOverrulesIt) {
  ExpectDeath("exits-after-a-signal", UnorderedElementsAre("owner", "other"));
  ExpectDeath(
      "exits-after-a-signal-to-one",
      AnyOf(UnorderedElementsAre("owner", "other"), ElementsAre("owner")));
  ExpectDeath("exits-after-a-signal-to-an-empty-one",
              AnyOf(ElementsAre("other"), ElementsAre()));
}

// C36, C22: a program that ends itself by a signal drains all copies.
TEST(CopiesTest, EndBySignalDrainsAll) {
  ExpectDeath("ends-loop", UnorderedElementsAre("owner", "other"));
}

// C36, C15: a copy that hangs is ended by its watchdog, but not under the drain
// of another that has time left.
TEST(CopiesTest, WatchdogAwaitsOtherCopies) {
  for (const char* scenario :
       {"hangs-beside-another", "exit-hangs-beside-another"}) {
    const ChildResult result = ResultOf(scenario);
    EXPECT_TRUE(result.Exited(124)) << scenario << result;
    EXPECT_EQ(result.out, "other\n") << scenario;
    EXPECT_THAT(result.err, HasSubstr("\"hangs\" is still running"));
  }
}

// C36, C22: the handlers of two copies see one request: the second signal means
// now.
TEST(CopiesTest, SecondSignalIsOneForAll) {
  ChildOptions options;
  ChildProcess child({HelperPath("copies_child"), "two-owners"}, options);
  ASSERT_TRUE(child.AwaitOutput("draining\n"));
  child.Signal(SIGTERM);
  EXPECT_TRUE(child.Await().Killed(SIGTERM));
}

// C36, C23: in a crash the callbacks of each copy run, which remove temp dirs,
// and then the process dies by the signal.
TEST(CopiesTest, CrashCallbacksOfEachRun) {
  for (int i = 0; i < kRuns; ++i) {
    const ChildResult result = ResultOf("crashes");
    ASSERT_TRUE(result.Killed(SIGABRT)) << result;
    const std::vector<std::string> paths = LinesOf(result.out);
    ASSERT_EQ(paths.size(), 2u) << result;
    EXPECT_NE(access(paths[0].c_str(), F_OK), 0) << paths[0];
    EXPECT_NE(access(paths[1].c_str(), F_OK), 0) << paths[1];
  }
}

// C36, C26: the observer of one copy is not that of another.
TEST(CopiesTest, EachHasItsObserver) {
  const ChildResult result = ResultOf("observes", "copies_plain_child");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "observed first\nobserved second\n");
}

}  // namespace
