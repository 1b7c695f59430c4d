// SPDX-License-Identifier: Apache-2.0

// A daemonizing child takes over what its parent registered.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::HasSubstr;

constexpr int kParentLeft = 7;

// What other threads of the parent were at is leaked by contract.
ChildResult ResultOf(const std::string& scenario,
                     const std::string& child = "adopt_child") {
  ChildOptions options;
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"}};
  return RunChild({HelperPath(child), scenario}, options);
}

void ExpectOutput(const std::string& scenario, const std::string& out,
                  int code = kParentLeft,
                  const std::string& child = "adopt_child") {
  const ChildResult result = ResultOf(scenario, child);
  EXPECT_TRUE(result.Exited(code)) << scenario << result;
  EXPECT_EQ(result.out, out) << result;
}

// C21, C9: the order is kept, and what the child registers is the newest.
TEST(AdoptTest, KeepsTheOrder) {
  const ChildResult result = ResultOf("order");
  EXPECT_TRUE(result.Exited(kParentLeft)) << result;
  EXPECT_EQ(result.out, "high\nown\nsecond\nfirst\n");
  // at_exit too
  EXPECT_THAT(result.err, HasSubstr("\"skipped\""));
}

// C21: every verb on a handle works again.
TEST(AdoptTest, RevivesHandles) {
  ExpectOutput("handles", "run\nexit\nleft to exit\n");
}

// C21, C12, C13: so do scopes, shared objects, lifetimes and registries.
TEST(AdoptTest, RevivesObjects) {
  ExpectOutput("objects",
               "scope\nshared\nlifetime, own\nlifetime, newer\n"
               "lifetime, older\nnested registry\nregistry\n");
}

// C21, C1: the inherited exit hooks do not drain a second time.
TEST(AdoptTest, DrainsOnceAtExit) { ExpectOutput("exit-once", "run 1\n"); }

// C21: children of the daemon own nothing of what it adopted.
TEST(AdoptTest, DoesNotReachWorkers) {
  ExpectOutput("worker", "by the worker\nby the daemon\n");
}

// C21: over two forks, whether or not the process between adopted.
TEST(AdoptTest, WorksOverTwoForks) {
  ExpectOutput("double-fork", "adopted\n");
  ExpectOutput("each-adopts", "adopted too\nadopted\n");
}

// C21: not what belongs to an ancestor of the process that left.
TEST(AdoptTest, StopsAtAProcessOfItsOwn) {
  const ChildResult result = ResultOf("of-a-worker");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.out, HasSubstr("of the worker\n"));
  EXPECT_THAT(result.out, HasSubstr("of the first process\n"));
  EXPECT_EQ(result.out.size(), std::string("of the worker\n").size() +
                                   std::string("of the first process\n").size())
      << result;
}

// C21: daemon(3).
TEST(AdoptTest, WorksWithDaemon) { ExpectOutput("daemon", "adopted\n", 0); }

// C21: what another thread of the parent ran is reported, and not run again.
TEST(AdoptTest, LeavesWhatTheParentRan) {
  const ChildResult result = ResultOf("caught-running");
  EXPECT_TRUE(result.Exited(kParentLeft)) << result;
  EXPECT_EQ(result.out, "own\npending\n");
  EXPECT_THAT(result.err, HasSubstr("\"caught\" left"));
  EXPECT_THAT(result.err, HasSubstr("was running in the parent"));
}

// C21, C5: what another thread of the parent peeked at runs.
TEST(AdoptTest, ForgetsThePeeksOfTheParent) {
  ExpectOutput("caught-peeking", "peeked\n");
}

// C21: a callback forks and adopts; the drain's rest is for exit().
TEST(AdoptTest, WorksInACallback) {
  ExpectOutput("in-callback", "newer\nin the callback\nolder\n");
}

void ExpectRefusal(const std::string& scenario, const std::string& out,
                   int code = kParentLeft) {
  ExpectOutput(scenario, out, code, "adopt_refusal_child");
}

// C21: a process that adopts nothing new is told so.
TEST(AdoptRefusalTest, IfNothingIsInherited) {
  ExpectRefusal("no-child", "no child: FAILED_PRECONDITION\nown\n", 0);
  ExpectRefusal("twice", "twice: FAILED_PRECONDITION\nadopted\n");
  ExpectRefusal("nothing", "own\n");
}

// C21: all or nothing: not after the child has let go of anything.
TEST(AdoptRefusalTest, IfTheChildHasBegun) {
  ExpectRefusal("after-use", "used: FAILED_PRECONDITION\nown\n");
  ExpectRefusal("after-an-end", "an object ended: FAILED_PRECONDITION\n");
  ExpectRefusal("after-a-scope", "a scope ended: FAILED_PRECONDITION\n");
  ExpectRefusal("after-a-registry", "a registry ended: FAILED_PRECONDITION\n");
}

// C21: nor where no fork hook held the locks.
TEST(AdoptRefusalTest, WithoutForkHooks) {
  ExpectRefusal("after-raw-fork", "_Fork: FAILED_PRECONDITION\n");
}

// C21: at any moment of the parent's other threads.
TEST(AdoptMomentTest, MayBeAny) { ExpectOutput("loop", "done\n", 0); }

}  // namespace
