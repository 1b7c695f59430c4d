// SPDX-License-Identifier: Apache-2.0

// What a crash does to temp dirs, with the exit hooks for it.
#include <signal.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tempdir/kept_failures.h"
#include "tempdir/reap.h"
#include "tests/crash/crash_scene.h"
#include "tests/crash/crash_ways.h"
#include "tests/support/child_process.h"
#include "tests/support/stepped_process.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CrashTempDirTest : public finalize_test::TempDirFixture {
 protected:
  ChildResult ResultOf(const std::string& scene) {
    return finalize_test::RunChild({HelperPath("crash_temp_dir_child"), scene});
  }
  std::vector<std::string> Left() const {
    return finalize_test::Entries(scratch());
  }
  // What the next start does.
  void Reap() { ASSERT_TRUE(tempdir::Reap(scratch().native()).ok()); }
};

// C23: with all descriptors used up.
TEST_F(CrashTempDirTest, NeedsNoFreeDescriptors) {
  const ChildResult result = ResultOf("no-descriptors");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: those in reserve may have been closed, and be another file's by now.
TEST_F(CrashTempDirTest, ClosesNobodysDescriptors) {
  const ChildResult result = ResultOf("descriptors-closed");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_EQ(result.out, "looked\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: the roots' own, too.
TEST_F(CrashTempDirTest, DoesWithoutTheRootsDescriptors) {
  const ChildResult result = ResultOf("close-all");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

// C23, C28: kept for a post-mortem, and out of the reach of reapers.
TEST_F(CrashTempDirTest, KeepsIfAskedTo) {
  const ChildResult result = ResultOf("keep-all");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_EQ(Left().size(), 2u);
  Reap();
  ASSERT_EQ(Left().size(), 2u);
  for (const std::string& name : Left()) {
    EXPECT_THAT(result.err, HasSubstr("finalize: kept " +
                                      (scratch() / name).native() + " ("));
  }
}

// C23, C28: what a crash kept is a kept failure: listed, and trimmed.
TEST_F(CrashTempDirTest, KeptRootsAreListedAndTrimmed) {
  const ChildResult result = ResultOf("keep-all");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  const auto failures = tempdir::KeptFailures(scratch());
  ASSERT_TRUE(failures.ok()) << failures.status();
  EXPECT_EQ(failures->size(), 2u);
  EXPECT_TRUE(tempdir::TrimKeptFailures(scratch()).ok());
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: temp files go as temp dirs do.
TEST_F(CrashTempDirTest, RemovesTempFiles) {
  const ChildResult result = ResultOf("file");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

// C23, C28: a root that holds what its owner keeps on failure stays; others go.
TEST_F(CrashTempDirTest, KeepsOnFailure) {
  const ChildResult result = ResultOf("keep-on-failure");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  Reap();
  EXPECT_EQ(Left().size(), 2u);
  EXPECT_THAT(finalize_test::Entries(scratch() / "other"), IsEmpty());
}

// C23, C28: so does a direct temp dir, also after a Keep() that failed.
TEST_F(CrashTempDirTest, KeepsADirectOneOnFailureThatCouldNotBeMoved) {
  const ChildResult result = ResultOf("keep-on-failure-not-moved");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  Reap();
  EXPECT_EQ(Left().size(), 2u);  // it, and what was there
}

// C23, C28: so says the environment.
TEST_F(CrashTempDirTest, KeepsAsTheEnvironmentSays) {
  const ChildResult result = ResultOf("environment");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  Reap();
  EXPECT_EQ(Left().size(), 1u);
}

// C23, C29: a link leads nowhere.
TEST_F(CrashTempDirTest, FollowsNoLink) {
  const ChildResult result = ResultOf("link");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_THAT(Left(), ElementsAre("outside"));
  EXPECT_THAT(finalize_test::Entries(scratch() / "outside"),
              ElementsAre("precious"));
}

// C23, C30: what does not go within the limit is the next start's.
TEST_F(CrashTempDirTest, LeavesTheRestToTheReaper) {
  const ChildResult result = ResultOf("too-much");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_EQ(Left().size(), 1u);
  Reap();
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: a crash of a callback, in the drain of exit().
TEST_F(CrashTempDirTest, ComesInAnExitDrain) {
  const ChildResult result = ResultOf("in-exit-drain");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: std::terminate() drains, where that is asked for, before it aborts.
TEST_F(CrashTempDirTest, ComesAfterTheDrainOfTerminate) {
  const ChildResult result = ResultOf("terminate-drains-first");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "drained\ncallback\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: nothing is allocated, and nothing freed.
TEST_F(CrashTempDirTest, AllocatesNothing) {
  const ChildResult result =
      finalize_test::RunChild({HelperPath("crash_allocation_child"), "crash"});
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_EQ(result.out, "none\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23, C30: killed at any system call of its end, too, it leaves what the next
// start finishes.
TEST_F(CrashTempDirTest, MayBeKilledAtAnyCall) {
  int stop = 0;
  for (bool alive = true; alive; ++stop) {
    finalize_test::SteppedProcess process([] {
      finalize::ExitHooks hooks = finalize_test::CrashHooks();
      hooks.usual_signals = false;
      finalize_test::Install(hooks);
      finalize_test::MakeDir();
      finalize_test::CrashBy("segv");
    });
    alive = process.RunToStop(stop);
    process.Kill();
    if (alive) Reap();
    ASSERT_THAT(Left(), IsEmpty()) << "killed at stop " << stop;
  }
  RecordProperty("stops", stop);
  EXPECT_GT(stop, 100);
}

}  // namespace
