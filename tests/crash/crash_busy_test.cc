// SPDX-License-Identifier: Apache-2.0

// A crash while many threads make, fill and drop temp dirs.
#include <signal.h>

#include <string>
#include <tuple>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/dead_roots.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using testing::IsEmpty;

// 36 threads and styles together, three crashes each.
constexpr int kCrashes = 3;

class CrashBusyTest
    : public finalize_test::TempDirFixture,
      public testing::WithParamInterface<std::tuple<int, const char*>> {
 protected:
  ChildResult Crash(int made, const char* by, const char* reap = "0") {
    const auto& [threads, style] = GetParam();
    return finalize_test::RunChild(
        {HelperPath("crash_busy_child"), style, std::to_string(threads),
         std::to_string(made), by},
        {{{"FINALIZE_REAP", reap}}});
  }
};

// C23: no other thread makes or uses a temp dir any more, so nothing is left.
TEST_P(CrashBusyTest, LeavesNothing) {
  const int threads = std::get<0>(GetParam());
  for (int i = 0; i < kCrashes; ++i) {
    const ChildResult result = Crash(threads + 16 * i, "main");
    EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
    ASSERT_THAT(finalize_test::Entries(scratch()), IsEmpty()) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Threads, CrashBusyTest,
    testing::Combine(testing::Values(1, 2, 4, 8, 16, 32),
                     testing::Values("finalizer", "destructor", "directly",
                                     "background", "directly-background",
                                     "holders")),
    [](const auto& info) {
      std::string name = std::get<1>(info.param) + std::string("_") +
                         std::to_string(std::get<0>(info.param));
      for (char& c : name) c = c == '-' ? '_' : c;
      return name;
    });

using CrashBusyOnceTest = CrashBusyTest;

// C23: the thread that crashes is another one than those of the temp dirs, and
// than the first.
TEST_P(CrashBusyOnceTest, LeavesNothingAfterAnAssertion) {
  const ChildResult result = Crash(30, "thread");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_THAT(finalize_test::Entries(scratch()), IsEmpty());
}

// C23, C30: so it is while the reaper's thread is at what a dead process left.
// That goes with it, or stays for the next one.
TEST_P(CrashBusyOnceTest, LeavesNothingBesideAReaper) {
  finalize_test::MakeDeadRoot(scratch());
  const ChildResult result = Crash(1, "main", "1");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_LE(finalize_test::Entries(scratch()).size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Eight, CrashBusyOnceTest,
                         testing::Values(std::make_tuple(8, "finalizer")));

}  // namespace
