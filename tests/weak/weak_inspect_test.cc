// SPDX-License-Identifier: Apache-2.0

// Weak references in what a process shows of itself (contract C26).
#include <algorithm>
#include <string>
#include <vector>

#include "finalize/inspect.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/weak_ref.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

using finalize::MakeShared;
using finalize::PendingPlace;
using finalize::WeakRef;
using testing::HasSubstr;

// How many pending ones of this file were registered at a line.
size_t PendingAt(const std::vector<PendingPlace>& places, int line) {
  for (const PendingPlace& place : places) {
    if (place.place.line == line &&
        std::string(place.place.file).find("weak_inspect_test") !=
            std::string::npos) {
      return place.count;
    }
  }
  return 0;
}

// C26, C31: a pending callback is listed by the line of its reference, until
// the reference goes or the referent dies.
TEST(WeakInspectTest, ListsPendingCallbacks) {
  auto object = MakeShared<int>(1);
  const auto refer = [&object] { return WeakRef<int>(object, [] {}); };
  const int line = __LINE__ - 1;
  const WeakRef<int> first = refer();
  WeakRef<int> second = refer();
  EXPECT_EQ(PendingAt(finalize::PendingByPlace(), line), 2u);
  second = WeakRef<int>();
  EXPECT_EQ(PendingAt(finalize::PendingByPlace(), line), 1u);
  EXPECT_THAT(finalize::DebugText(), HasSubstr("weak_inspect_test"));
  object.reset();
  EXPECT_EQ(PendingAt(finalize::PendingByPlace(), line), 0u);
}

// C26: they are counted with what the process has, and with no registry.
TEST(WeakInspectTest, CountsCallbacks) {
  const finalize::Counters before = finalize::Count();
  const finalize::Counters of_registry =
      finalize::Count(finalize::Registry::Process());
  auto object = MakeShared<int>(1);
  const WeakRef<int> runs(object, [] {});
  {
    const WeakRef<int> dropped(object, [] {});
  }
  object.reset();
  const finalize::Counters after = finalize::Count();
  EXPECT_EQ(after.registered, before.registered + 2);
  EXPECT_EQ(after.run, before.run + 1);
  EXPECT_EQ(after.detached, before.detached + 1);
  EXPECT_EQ(finalize::Count(finalize::Registry::Process()).registered,
            of_registry.registered);
}

// C26: one that runs is named.
TEST(WeakInspectTest, NamesARunningCallback) {
  auto object = MakeShared<int>(1);
  std::vector<finalize::RunningInfo> running;
  const auto look = [&running] { running = finalize::Running(); };
  const WeakRef<int> ref(object, look);
  const int line = __LINE__ - 1;
  object.reset();
  EXPECT_TRUE(std::any_of(running.begin(), running.end(),
                          [&](const finalize::RunningInfo& info) {
                            return info.place.line == line;
                          }));
}

}  // namespace
