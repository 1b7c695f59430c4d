// SPDX-License-Identifier: Apache-2.0

// Drains without memory for their reports (contract C8): every callback
// runs, and the totals are exact. Calls without memory give their results.
#include <optional>
#include <stdexcept>
#include <string>

#include "absl/status/status.h"
#include "finalize/failure_reporter.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "gtest/gtest.h"
#include "tests/support/scarce_memory.h"

namespace {

using finalize::DrainOptions;
using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;
using finalize_test::ScarceMemory;

constexpr char kLong[] = "a text that is too long to be kept within a string";
// More than a drain like these allocates.
constexpr int kMaxAllocations = 200;

// Drains two finalizers that fail, one that does not, and one that is to be
// tried again.
class NoMemoryDrainTest : public testing::Test {
 protected:
  NoMemoryDrainTest() {
    reporter_ = finalize::SetFailureReporter([this](const ReportEntry& entry) {
      told_ += entry.number != 0 ? 1 : 100;
    });
  }
  ~NoMemoryDrainTest() override { finalize::SetFailureReporter(reporter_); }

  // Drains with memory for so many allocations. Returns whether it sufficed.
  bool DrainsWith(int allocations, const DrainOptions& options) {
    static const std::logic_error error(kLong);
    static const absl::Status status = absl::DataLossError(kLong);
    int runs = 0;
    told_ = 0;
    Registry registry;
    registry.Register(
        Options(kLong), [&](const std::string&) { ++runs; },
        std::string(kLong));
    registry.Register([&] {
      ++runs;
      throw error;
    });
    registry.Register([&] {
      ++runs;
      return status;
    });
    registry.RegisterRetryable({}, [&] {
      ++runs;
      return runs > 4 ? absl::OkStatus() : status;
    });
    bool sufficed = false;
    const Report report = [&] {
      ScarceMemory scarce(allocations, ScarceMemory::kRestFail);
      Report drained = registry.Drain(options);
      sufficed = scarce.sufficed();
      return drained;
    }();
    EXPECT_EQ(runs, 4) << "with " << allocations;
    EXPECT_EQ(report.ran, 1u) << "with " << allocations;
    EXPECT_EQ(report.failed, 3u) << "with " << allocations;
    EXPECT_EQ(report.left, 1u) << "with " << allocations;
    EXPECT_FALSE(report.status().ok()) << "with " << allocations;
    EXPECT_EQ(told_, 3) << "with " << allocations;
    EXPECT_EQ(registry.size(), 1u) << "with " << allocations;
    return sufficed;
  }

  void DrainsWithEverLess(const DrainOptions& options) {
    int allocations = 0;
    while (!DrainsWith(allocations, options)) {
      ASSERT_LT(++allocations, kMaxAllocations);
    }
    EXPECT_GT(allocations, 2) << "it allocates nothing that could fail";
  }

 private:
  finalize::FailureReporter reporter_;
  int told_ = 0;
};

TEST_F(NoMemoryDrainTest, RunsEverything) { DrainsWithEverLess({}); }

TEST_F(NoMemoryDrainTest, RunsEverythingWithAnEntryEach) {
  DrainOptions options;
  options.entries = DrainOptions::Entries::kAll;
  DrainsWithEverLess(options);
}

// C3: what it returns is not lost for want of memory to look at it.
TEST(NoMemoryCallTest, GivesTheStatus) {
  for (const char* text : {"short", kLong}) {
    const absl::Status status = absl::DataLossError(text);
    Registry registry;
    auto failing = registry.Register([&status] { return status; });
    std::optional<absl::Status> result;
    {
      ScarceMemory none(0, ScarceMemory::kRestFail);
      result = failing.Run();
    }
    EXPECT_EQ(result, status);
  }
}

// The default reporter says which one it was all the same.
TEST(NoMemoryReporterTest, SaysNumberAndPlace) {
  static const absl::Status status = absl::DataLossError(kLong);
  Registry registry;
  auto failing =
      registry.Register(Options(kLong).set_place({"spool.cc", 88}).set_phase(3),
                        [] { return status; });
  const std::string number = std::to_string(failing.Peek()->number);
  testing::internal::CaptureStderr();
  const size_t failed = [&] {
    ScarceMemory none(0, ScarceMemory::kRestFail);
    return registry.Drain().failed;
  }();
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "finalize: #" + number + " phase 3 spool.cc:88: out of memory\n");
  EXPECT_EQ(failed, 1u);
}

}  // namespace
