// SPDX-License-Identifier: Apache-2.0

// Registrations that are refused while there is no memory for the report
// (contract C20): the call returns as it does with memory, and the callback and
// its arguments are destroyed.
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "finalize/failure_reporter.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/weak_ref.h"
#include "gtest/gtest.h"
#include "tests/support/scarce_memory.h"

namespace {

using finalize::IfClosed;
using finalize::Options;
using finalize::Registry;
using finalize::ReportEntry;
using finalize_test::ScarceMemory;

constexpr char kLong[] = "a name that is too long to be kept within a string";

// Throws nothing, and allocates nothing by itself.
struct Reports {
  int count = 0;
  ReportEntry::Outcome outcome = ReportEntry::Outcome::kRan;
  absl::StatusCode code = absl::StatusCode::kOk;
};
Reports reports;

class NoMemoryRefusalTest
    : public testing::TestWithParam<ScarceMemory::Failing> {
 protected:
  NoMemoryRefusalTest() {
    finalize::SetFailureReporter([](const ReportEntry& entry) {
      ++reports.count;
      reports.outcome = entry.outcome;
      reports.code = entry.status.code();
    });
  }
  ~NoMemoryRefusalTest() override { finalize::SetFailureReporter({}); }

  // Calls attempt(bound) with each of its allocations failing in turn. Each
  // time it must report what is expected, and let go of its argument.
  void FailEach(const std::function<void(const std::shared_ptr<int>&)>& attempt,
                ReportEntry::Outcome outcome, absl::StatusCode code) {
    const auto bound = std::make_shared<int>();
    bool sufficed = false;
    for (int allowed = 0; !sufficed; ++allowed) {
      ASSERT_LT(allowed, 100);
      reports = Reports();
      {
        ScarceMemory scarce(allowed, GetParam());
        EXPECT_NO_THROW(attempt(bound));
        sufficed = scarce.sufficed();
      }
      EXPECT_EQ(reports.count, 1) << allowed;
      EXPECT_EQ(reports.outcome, outcome) << allowed;
      EXPECT_EQ(reports.code, code) << allowed;
      EXPECT_EQ(bound.use_count(), 1) << allowed;
    }
  }
};

using Bound = const std::shared_ptr<int>&;

TEST_P(NoMemoryRefusalTest, SealedRegistryRefuses) {
  Registry registry;
  registry.Seal();
  const auto attempt = [&](Bound bound) {
    EXPECT_FALSE(registry
                     .Register(
                         Options(kLong), [](Bound) {}, bound)
                     .alive());
  };
  FailEach(attempt, ReportEntry::Outcome::kRefused,
           absl::StatusCode::kFailedPrecondition);
}

// The name and the place of one that gets no node are copied as well.
TEST_P(NoMemoryRefusalTest, ReferentThatIsNoneRefuses) {
  const std::shared_ptr<int> none;
  const auto attempt = [&](Bound bound) {
    EXPECT_FALSE(finalize::OnDestroy(
                     none, Options(kLong), [](Bound) {}, bound)
                     .alive());
  };
  FailEach(attempt, ReportEntry::Outcome::kRefused,
           absl::StatusCode::kInvalidArgument);
}

TEST_P(NoMemoryRefusalTest, FailureOfARunAtOnceIsReported) {
  Registry registry;
  registry.Seal();
  const auto attempt = [&](Bound bound) {
    registry.Register(
        Options(kLong).set_if_closed(IfClosed::kRunNow),
        [](Bound) {
          static const auto& status =
              *new absl::Status(absl::DataLossError("lost"));
          return status;
        },
        bound);
  };
  attempt(nullptr);  // makes the status
  FailEach(attempt, ReportEntry::Outcome::kFailed, absl::StatusCode::kDataLoss);
}

// C31: weak references exist, without their callback.
TEST_P(NoMemoryRefusalTest, CallbackOfAWeakReferenceIsRefused) {
  const auto foreign = std::make_shared<int>();
  const auto attempt = [&](Bound bound) {
    finalize::WeakRef<int> ref(foreign, [bound] {});
    EXPECT_FALSE(ref.has_callback());
    EXPECT_EQ(ref.Lock(), foreign);
  };
  FailEach(attempt, ReportEntry::Outcome::kRefused,
           absl::StatusCode::kInvalidArgument);
}

// C20: TryRegister returns the code, if not the text.
TEST_P(NoMemoryRefusalTest, TryRegisterSaysWhy) {
  Registry registry;
  registry.Seal();
  const auto bound = std::make_shared<int>();
  bool sufficed = false;
  for (int allowed = 0; !sufficed; ++allowed) {
    ASSERT_LT(allowed, 100);
    ScarceMemory scarce(allowed, GetParam());
    EXPECT_EQ(registry
                  .TryRegister(
                      {}, [](Bound) {}, bound)
                  .status()
                  .code(),
              absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(bound.use_count(), 1);
    sufficed = scarce.sufficed();
  }
}

INSTANTIATE_TEST_SUITE_P(All, NoMemoryRefusalTest,
                         testing::Values(ScarceMemory::kOneFails,
                                         ScarceMemory::kRestFail),
                         [](const auto& info) {
                           return info.param == ScarceMemory::kOneFails
                                      ? "OneFails"
                                      : "RestFail";
                         });

// C31: a weak reference whose callback finds no memory reports that, and is
// there without it; with memory the callback is there.
TEST(NoMemoryWeakRefTest, CallbackWithoutMemoryIsRefused) {
  finalize::SetFailureReporter([](const ReportEntry& entry) {
    ++reports.count;
    reports.code = entry.status.code();
  });
  const auto referent = finalize::MakeShared<int>();
  const auto bound = std::make_shared<int>();
  reports = Reports();
  std::optional<finalize::WeakRef<int>> ref;
  {
    ScarceMemory scarce(0, ScarceMemory::kRestFail);
    EXPECT_NO_THROW(ref.emplace(referent, [bound] {}));
  }
  EXPECT_EQ(reports.count, 1);
  EXPECT_EQ(reports.code, absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ref->Lock(), referent);
  EXPECT_FALSE(ref->has_callback());
  EXPECT_EQ(bound.use_count(), 1);
  ref.emplace(referent, [bound] {});
  EXPECT_TRUE(ref->has_callback());
  finalize::SetFailureReporter({});
}

}  // namespace
