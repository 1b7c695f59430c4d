// SPDX-License-Identifier: Apache-2.0

// Looking at finalizers without memory (contract C5, C26): what is asked for
// throws std::bad_alloc, and nothing is lost, locked or pinned.
#include <array>
#include <functional>
#include <new>
#include <string>
#include <thread>

#include "finalize/inspect.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "gtest/gtest.h"
#include "tests/support/latch.h"
#include "tests/support/scarce_memory.h"

namespace {

using finalize::Finalizer;
using finalize::Options;
using finalize::Registry;
using finalize_test::Latch;
using finalize_test::ScarceMemory;

constexpr char kLong[] = "a text that is too long to be kept within a string";
// More than a look allocates.
constexpr int kMaxAllocations = 1000;

// A registry with two that are pending, and one that another thread is running.
class NoMemoryInspectTest : public testing::Test {
 protected:
  using Look = std::function<void(const Registry&)>;

  // Looks at it with ever more memory, until that suffices.
  static void LooksWithEverMore(const Look& look) {
    int allocations = 0;
    while (!LooksWith(allocations, look)) {
      ASSERT_LT(++allocations, kMaxAllocations);
    }
    EXPECT_GT(allocations, 0) << "it allocates nothing that could fail";
  }

 private:
  // Returns whether the memory sufficed.
  static bool LooksWith(int allocations, const Look& look) {
    std::array<int, 3> runs = {};
    Latch started, release;
    Registry registry;
    const Finalizer<> blocked = registry.Register(Options(kLong), [&] {
      started.CountDown();
      release.Wait();
      ++runs[0];
    });
    registry.Register(
        Options(kLong), [&](const std::string&) { ++runs[1]; },
        std::string(kLong));
    std::thread thread([&] { blocked.Run(); });
    started.Wait();
    bool sufficed = false;
    bool threw = false;
    {
      ScarceMemory scarce(allocations, ScarceMemory::kRestFail);
      try {
        look(registry);
      } catch (const std::bad_alloc&) {
        threw = true;
      }
      sufficed = scarce.sufficed();
    }
    EXPECT_FALSE(sufficed && threw) << "with " << allocations;
    // No lock is held, and none of them pinned.
    EXPECT_EQ(registry.size(), 1u) << "with " << allocations;
    registry.Register([&] { ++runs[2]; });
    release.CountDown();
    thread.join();
    EXPECT_EQ(registry.Drain().ran, 2u) << "with " << allocations;
    EXPECT_EQ(runs, (std::array<int, 3>{1, 1, 1})) << "with " << allocations;
    return sufficed;
  }
};

TEST_F(NoMemoryInspectTest, DumpThrows) {
  LooksWithEverMore([](const Registry& registry) { (void)registry.Dump(); });
}

TEST_F(NoMemoryInspectTest, ForEachThrows) {
  LooksWithEverMore([](const Registry& registry) {
    registry.ForEach([](const finalize::Info&) {});
  });
}

TEST_F(NoMemoryInspectTest, RunningThrows) {
  LooksWithEverMore(
      [](const Registry& registry) { (void)finalize::Running(registry); });
  LooksWithEverMore([](const Registry&) { (void)finalize::Running(); });
}

TEST_F(NoMemoryInspectTest, PendingByPlaceThrows) {
  LooksWithEverMore([](const Registry& registry) {
    (void)finalize::PendingByPlace(registry);
  });
  LooksWithEverMore([](const Registry&) { (void)finalize::PendingByPlace(); });
}

TEST_F(NoMemoryInspectTest, PendingByAgeThrows) {
  LooksWithEverMore([](const Registry& registry) {
    (void)finalize::PendingByAge(registry, 10);
  });
  LooksWithEverMore([](const Registry&) { (void)finalize::PendingByAge(10); });
}

TEST_F(NoMemoryInspectTest, DebugTextThrows) {
  LooksWithEverMore(
      [](const Registry& registry) { (void)finalize::DebugText(registry); });
  LooksWithEverMore([](const Registry&) { (void)finalize::DebugText(); });
}

// C26: the counters need no memory.
TEST(NoMemoryCountTest, Counts) {
  Registry registry;
  registry.Register([] {});
  ScarceMemory none(0, ScarceMemory::kRestFail);
  const uint64_t registered = finalize::Count(registry).registered;
  const uint64_t ever = finalize::Count().registered;
  EXPECT_TRUE(none.sufficed());
  EXPECT_EQ(registered, 1u);
  EXPECT_GE(ever, 1u);
}

}  // namespace
