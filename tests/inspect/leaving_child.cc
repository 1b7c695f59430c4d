// SPDX-License-Identifier: Apache-2.0

// Tests of which one leaves a finalizer pending, for testing_test.
#include <string>

#include "finalize/at_exit.h"
#include "finalize/options.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/testing.h"
#include "finalize/weak_ref.h"
#include "gtest/gtest.h"

namespace {

using finalize::AtExit;
using finalize::Options;

TEST(LeavingTest, RunsWhatItRegisters) {
  AtExit(Options("run"), [] {}).Run();
}

TEST(LeavingTest, Leaves) {
  AtExit(Options("left"), [] {});
}

// That one is pending still, but not this test's.
TEST(LeavingTest, DetachesWhatItRegisters) {
  AtExit(Options("detached"), [] {}).Detach();
}

TEST(LeavingTest, LeavesWhatIsExpected) {
  AtExit(Options("known"), [] {});
}

TEST(LeavingTest, LeavesAWeakReference) {
  static const auto object = finalize::MakeShared<int>(1);
  static const finalize::WeakRef<int> left(object, [] {});
}

TEST(LeavingTest, DropsItsWeakReference) {
  const auto object = finalize::MakeShared<int>(1);
  const finalize::WeakRef<int> dropped(object, [] {});
}

TEST(LeavingTest, LeavesNothingInARegistryOfItsOwn) {
  finalize::Registry registry;
  registry.Register([] {});
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  AtExit(Options("before"), [] {});
  finalize::testing::FailTestsThatLeaveFinalizers(
      [](const finalize::Info& info) { return info.name == "known"; });
  return RUN_ALL_TESTS();
}
