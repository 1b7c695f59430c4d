// SPDX-License-Identifier: Apache-2.0

// Registries that end without memory (contract C1, C8, C14): every callback
// runs once, and what is pending again is destroyed in the one order.
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "absl/status/status.h"
#include "finalize/failure_reporter.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "gtest/gtest.h"
#include "tests/support/scarce_memory.h"

namespace {

using finalize::Options;
using finalize::Registry;
using finalize::ReportEntry;
using finalize_test::ScarceMemory;

constexpr char kLong[] = "a text that is too long to be kept within a string";
// More than an end like these allocates.
constexpr int kMaxAllocations = 2000;
// Those to be pending again, in three phases; more than are looked for at once.
constexpr int kArmedAgain = 40;

const absl::Status& DataLoss() {
  static const auto& status = *new absl::Status(absl::DataLossError(kLong));
  return status;
}

// Counts its runs, and fails.
struct Fails {
  absl::Status operator()() const {
    ++*runs;
    return DataLoss();
  }
  int* runs;
};

// The same, and notes when it is destroyed.
class FailsAndNotesEnd {
 public:
  FailsAndNotesEnd(int* runs, std::array<int, kArmedAgain>* order,
                   size_t* ended, int number)
      : runs_(runs), order_(order), ended_(ended), number_(number) {}
  FailsAndNotesEnd(FailsAndNotesEnd&& other) noexcept
      : runs_(other.runs_),
        order_(std::exchange(other.order_, nullptr)),
        ended_(other.ended_),
        number_(other.number_) {}
  FailsAndNotesEnd& operator=(FailsAndNotesEnd&&) = delete;
  ~FailsAndNotesEnd() {
    if (order_ != nullptr) (*order_)[(*ended_)++] = number_;
  }
  absl::Status operator()() const { return Fails{runs_}(); }

 private:
  int* const runs_;
  std::array<int, kArmedAgain>* order_;
  size_t* const ended_;
  const int number_;
};

class NoMemoryRegistryEndTest
    : public testing::TestWithParam<ScarceMemory::Failing> {
 protected:
  NoMemoryRegistryEndTest() {
    (void)DataLoss();  // made while there is memory
    reporter_ = finalize::SetFailureReporter(
        [this](const ReportEntry&) { ++reported_; });
  }
  ~NoMemoryRegistryEndTest() override {
    finalize::SetFailureReporter(reporter_);
  }

  // Calls ends(allocations) with ever more, until it returns that these
  // sufficed.
  template <class Ends>
  void EndsWithEverMore(Ends ends) {
    int allocations = 0;
    while (!ends(allocations)) ASSERT_LT(++allocations, kMaxAllocations);
    EXPECT_GT(allocations, 2) << "it allocates nothing that could fail";
  }

  // Destroys a registry, its child first. Returns whether the memory sufficed.
  static bool End(int allocations, std::optional<Registry>* registry,
                  std::optional<Registry>* child = nullptr) {
    ScarceMemory scarce(allocations, GetParam());
    if (child != nullptr) child->reset();
    registry->reset();
    return scarce.sufficed();
  }

  int reported_ = 0;

 private:
  finalize::FailureReporter reporter_;
};

// C1, C14: one that succeeds, one that throws, one that fails, one that would
// be tried again, and one of a child.
TEST_P(NoMemoryRegistryEndTest, RunsEachOnce) {
  static const std::logic_error error(kLong);
  EndsWithEverMore([this](int allocations) {
    std::array<int, 5> runs = {};
    auto bound = std::make_shared<int>();
    std::optional<Registry> registry(std::in_place);
    std::optional<Registry> child(std::in_place, *registry);
    registry->Register(
        Options(kLong), [&runs](const std::shared_ptr<int>&) { ++runs[0]; },
        bound);
    registry->Register([&runs] {
      ++runs[1];
      throw error;
    });
    registry->Register(Fails{&runs[2]});
    registry->RegisterRetryable({}, Fails{&runs[3]});
    child->Register(Fails{&runs[4]});
    reported_ = 0;
    const bool sufficed = End(allocations, &registry, &child);
    EXPECT_EQ(runs, (std::array<int, 5>{1, 1, 1, 1, 1}))
        << "with " << allocations;
    EXPECT_EQ(bound.use_count(), 1) << "with " << allocations;
    EXPECT_EQ(reported_, 4) << "with " << allocations;
    return sufficed;
  });
}

// C8, C9: what its last drain leaves is destroyed, and that, too, highest phase
// and newest first.
TEST_P(NoMemoryRegistryEndTest, DestroysInOrder) {
  EndsWithEverMore([](int allocations) {
    std::array<int, kArmedAgain> order = {};
    size_t ended = 0;
    int runs = 0;
    std::optional<Registry> registry(std::in_place);
    for (int i = 0; i < kArmedAgain; ++i) {
      registry->RegisterRetryable(Options().set_phase(i % 3),
                                  FailsAndNotesEnd(&runs, &order, &ended, i));
    }
    const bool sufficed = End(allocations, &registry);
    EXPECT_EQ(runs, kArmedAgain) << "with " << allocations;
    EXPECT_EQ(ended, order.size()) << "with " << allocations;
    for (size_t i = 1; i < order.size(); ++i) {
      const std::pair<int, int> one = {order[i - 1] % 3, order[i - 1]};
      const std::pair<int, int> next = {order[i] % 3, order[i]};
      EXPECT_GT(one, next) << "with " << allocations;
    }
    return sufficed;
  });
}

INSTANTIATE_TEST_SUITE_P(, NoMemoryRegistryEndTest,
                         testing::Values(ScarceMemory::kOneFails,
                                         ScarceMemory::kRestFail),
                         [](const auto& failing) {
                           return failing.param == ScarceMemory::kOneFails
                                      ? "OneFails"
                                      : "RestFail";
                         });

}  // namespace
