// SPDX-License-Identifier: Apache-2.0

// What exit() does with the process registry: order, nesting, failure.
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
using testing::HasSubstr;
using testing::Not;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("exit_child"), scenario});
}

// C9: higher phase first, then newest first, at exit as anywhere.
TEST(ExitTest, RunsInDrainOrder) {
  const ChildResult result = ResultOf("order");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "high\nsecond\nfirst\nlow\n");
  EXPECT_EQ(result.err, "");
}

// C9: the cause of an exit drain is exit.
TEST(ExitTest, TellsTheCause) {
  const ChildResult result = ResultOf("tells-cause");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "exit\n");
}

// C18: the status given to exit() is kept.
TEST(ExitTest, KeepsTheStatus) {
  const ChildResult result = ResultOf("exit-with-status");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "ran\n");
}

// C20: the first registration fixes the place among atexit handlers.
TEST(ExitTest, RunsAtThePlaceOfTheFirstRegistration) {
  const ChildResult result = ResultOf("handlers");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "handler after\nsecond\nfirst\nhandler before\n");
}

// C20: statics complete before the first registration are alive meanwhile,
// later ones and thread_locals are gone.
TEST(ExitTest, RunsBetweenStatics) {
  const ChildResult result = ResultOf("statics");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "thread_local\n"  // its use
            "thread_local\n"  // its end
            "static after\nsecond\nfirst\nstatic before\n");
}

// C10: what a callback registers during the exit drain runs next.
TEST(ExitTest, RunsWhatCallbacksRegister) {
  const ChildResult result = ResultOf("registers-during-drain");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "new\nold\n");
}

// C11: one finalizer may run and detach others during the exit drain.
TEST(ExitTest, HonorsRunAndDetachByCallbacks) {
  const ChildResult result = ResultOf("runs-and-detaches-others");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "run by another\nboth\n");
}

// C12: a child registry is drained at its place in the exit drain.
TEST(ExitTest, DrainsAChildRegistryAtItsPlace) {
  const ChildResult result = ResultOf("child-registry");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "after\nin the child\nbefore\n");
}

// C12: at_exit = false is skipped, reported, and its callback destroyed.
TEST(ExitTest, DestroysAndReportsWhatItSkips) {
  const ChildResult result = ResultOf("skipped");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "third\nfirst\nbound argument destroyed\n");
  EXPECT_THAT(result.err, HasSubstr("\"skipped\""));
  EXPECT_THAT(result.err, HasSubstr("skipped on exit"));
}

// C13, C20: one on a lifetime stays pending, and runs when that ends.
TEST(ExitTest, KeepsWhatIsOnALifetime) {
  const ChildResult result = ResultOf("skipped-on-lifetime");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "exit\nlifetime ended\n");
  EXPECT_EQ(result.err, "");
}

// C8: one to be pending again is tried once, then reported as left.
TEST(ExitTest, TriesARetryableOnce) {
  const ChildResult result = ResultOf("retryable");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "tried\n");
  EXPECT_THAT(result.err, HasSubstr("left on exit"));
}

// C1: a process with 100000 finalizers runs each.
TEST(ExitTest, RunsManyFinalizers) {
  const ChildResult result = ResultOf("many");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "all of them\n");
}

// C17: a callback that calls exit(): the rest runs once, under its status.
TEST(NestedExitTest, RunsTheRestOnce) {
  const ChildResult result = ResultOf("nested-exit");
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "third\nexits\nfirst\n");
  EXPECT_EQ(result.err, "");
}

// C17: so do two of them; the last status counts.
TEST(NestedExitTest, NestsTwice) {
  const ChildResult result = ResultOf("twice-nested-exit");
  EXPECT_TRUE(result.Exited(5)) << result;
  EXPECT_EQ(result.out, "third\nfirst\n");
}

// C17: exit() inside a callback that Run() started.
TEST(NestedExitTest, EndsAnExplicitRun) {
  const ChildResult result = ResultOf("exit-inside-run");
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "first\n");
  EXPECT_EQ(result.err, "");
}

// C17: exit() inside a callback of another registry, whose end, as a static's,
// drains the rest of it.
TEST(NestedExitTest, LeavesAStaticRegistryWhole) {
  const ChildResult result = ResultOf("exit-inside-own-registry");
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "process registry\nstatic\nrest of the registry\n");
}

// C17: the same where the process registry was never used.
TEST(NestedExitTest, LeavesTheOnlyRegistryWhole) {
  const ChildResult result = ResultOf("exit-inside-only-registry");
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "rest of the registry\n");
  EXPECT_EQ(result.err, "");
}

// C17: exit() inside the destructor of a callback that has run.
TEST(NestedExitTest, MayComeFromTheDestructorOfACallback) {
  const ChildResult result = ResultOf("exit-in-destructor-of-callback");
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "third\nfirst\n");
  EXPECT_EQ(result.err, "");
}

// C17, C20: exit() in a signal handler that interrupts exit() before its drain
// closes the registry: it is closed once, and open afterwards.
TEST(NestedExitTest, MayInterruptTheBeginningOfExit) {
  ChildOptions options;
  options.handlers_exit = true;
  const ChildResult result =
      RunChild({HelperPath("exit_child"), "interrupted"}, options);
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "first\ndrained\nlate\n");
  EXPECT_EQ(result.err, "");
}

// C17, C20: afterwards static destructors may register.
TEST(NestedExitTest, LeavesTheRegistryOpen) {
  const ChildResult result = ResultOf("then-registers-in-static-destructor");
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "first\nfrom a static destructor\n");
  EXPECT_EQ(result.err, "");
}

// C17: exit() from a static destructor, after the drain and before it.
TEST(NestedExitTest, MayComeFromAStaticDestructor) {
  for (const char* scenario :
       {"exit-in-static-destructor", "exit-in-later-static-destructor"}) {
    const ChildResult result = ResultOf(scenario);
    EXPECT_TRUE(result.Exited(4)) << scenario << result;
    EXPECT_EQ(result.out, "ran\n");
  }
}

// C1, C17: exit() under open scopes runs each Finally once.
TEST(NestedExitTest, RunsOpenScopes) {
  const ChildResult result = ResultOf("exit-inside-finally");
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "inner scope\nouter scope\n");
}

// C14: whatever a callback throws is reported, and the rest still runs.
TEST(ExitFailureTest, ReportsAndGoesOn) {
  const ChildResult result = ResultOf("throws");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "last\nfirst\n");
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("exception of type int"), HasSubstr("reason"),
                    HasSubstr("DATA_LOSS: lost")));
}

// C14: a callback that ends its thread ends the process, with a message.
TEST(ExitFailureTest, ForbidsPthreadExit) {
  const ChildResult result = ResultOf("ends-thread");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "third\n");
  EXPECT_THAT(result.err, HasSubstr("a callback ended its thread"));
}

// C16: a callback that destroys its own registry ends the process, with a
// message.
TEST(ExitFailureTest, ForbidsDestroyingTheOwnRegistry) {
  const ChildResult result = ResultOf("destroys-own-registry");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_THAT(result.err, HasSubstr("destroyed by one of its own callbacks"));
}

// C19: what ends the process at once is not intercepted, even in a callback.
TEST(AbruptEndTest, EndsTheDrain) {
  const ChildResult quick = ResultOf("quick-exits");
  EXPECT_TRUE(quick.Exited(7)) << quick;
  const ChildResult underscore = ResultOf("underscore-exits");
  EXPECT_TRUE(underscore.Exited(8)) << underscore;
  const ChildResult aborts = ResultOf("aborts");
  EXPECT_TRUE(aborts.Killed(SIGABRT)) << aborts;
  const ChildResult raises = ResultOf("raises-term");
  EXPECT_TRUE(raises.Killed(SIGTERM)) << raises;
  for (const ChildResult* result : {&quick, &underscore, &aborts, &raises}) {
    EXPECT_EQ(result->out, "third\n");
  }
}

// C19: a signal that the program handles itself neither ends nor disturbs the
// drain.
TEST(ExitSignalTest, LeavesHandlersToTheProgram) {
  ChildProcess child({HelperPath("exit_child"), "handles-signals"});
  ASSERT_TRUE(child.AwaitOutput("ready\n"));
  std::string expected = "ready\n";
  for (int i = 0; i < 20; ++i) {
    child.Signal(SIGUSR1);
    expected += "handled\n";
    ASSERT_TRUE(child.AwaitOutput(expected));
  }
  const ChildResult result = child.Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, expected + "first\n");
}

}  // namespace
