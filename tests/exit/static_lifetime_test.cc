// SPDX-License-Identifier: Apache-2.0

// The process registry from the first static constructor to the last moment of
// the process.
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

ChildResult ResultOf(const std::string& scenario) {
  ChildOptions options;
  options.environment = {{"STATIC_SCENARIO", scenario}};
  return RunChild({HelperPath("static_child"), scenario}, options);
}

// C20: static constructors may register, before those of the library ran.
TEST(StaticLifetimeTest, TakesRegistrationsOfConstructors) {
  const ChildResult result = ResultOf("constructor");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "from main\nfrom a static constructor\non a lifetime\n"
            "from the first constructor\n");
}

// C20: so may static destructors, to the very last one.
TEST(StaticLifetimeTest, TakesRegistrationsOfDestructors) {
  const ChildResult result = ResultOf("destructor");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "from main\nstatic destructor\nfrom a static destructor\n"
            "from the callback of that\nfrom the last destructor\n");
}

// C20: each registration after a drain arms the next one.
TEST(StaticLifetimeTest, DrainsAfterEachExitHandler) {
  const ChildResult result = ResultOf("every-handler");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "from main\nfrom the first handler\nfrom the second handler\n"
            "from the third handler\n");
}

// C20: the first registration of all may be in an exit handler.
TEST(StaticLifetimeTest, MayBeginInAnExitHandler) {
  const ChildResult result = ResultOf("first-in-handler");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "from a handler\n");
}

// C20, C25: thread_local destructors may register: of the exiting thread, and
// of one that ended before.
TEST(StaticLifetimeTest, TakesRegistrationsOfThreadLocals) {
  const ChildResult exiting = ResultOf("thread-local");
  EXPECT_TRUE(exiting.Exited(0)) << exiting;
  EXPECT_EQ(exiting.out, "from a thread_local\nfrom main\n");
  const ChildResult ended = ResultOf("thread-local-of-thread");
  EXPECT_TRUE(ended.Exited(0)) << ended;
  EXPECT_EQ(ended.out, "from main\nfrom a thread_local\n");
}

// C20: a thread that outlives main may register after the exit drain.
TEST(StaticLifetimeTest, TakesRegistrationsOfLateThreads) {
  const ChildResult result = ResultOf("late-thread");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "from main\nend of a lifetime\nstatic destructor\n"
            "from a thread\n");
}

// C12, C20: registries and lifetimes may be static objects.
TEST(StaticLifetimeTest, ServesStaticObjects) {
  const ChildResult result = ResultOf("static-objects");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "from main\nstatic lifetime\nstatic registry\n");
}

// C20: past the last exit handler a registration is refused, told, or run at
// once; never accepted and ignored. A scope guard waits for its scope.
TEST(StaticLifetimeTest, RefusesPastTheExitHandlers) {
  const ChildResult result = ResultOf("past-handlers");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "from main\nrefused\nrun now\n"
            "FAILED_PRECONDITION: the process is past its exit handlers, or "
            "past their deadline\nend of a scope\nscope\n");
  EXPECT_THAT(result.err, HasSubstr("\"too late\""));
}

// C20: so it is where the process registry was sealed; what is pending runs.
TEST(StaticLifetimeTest, RefusesIfSealed) {
  const ChildResult result = ResultOf("sealed");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "refused\nrun now\n"
            "FAILED_PRECONDITION: the registry is sealed\nbefore\n");
  EXPECT_THAT(result.err, HasSubstr("\"sealed out\""));
}

}  // namespace
