// SPDX-License-Identifier: Apache-2.0

// An InFlight without memory: whichever allocation fails, a request has entered
// or has not, and a wait returns what it does with memory (contract C39).
#include <new>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "finalize/in_flight.h"
#include "finalize/process_end.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "gtest/gtest.h"
#include "tests/support/scarce_memory.h"

namespace {

using finalize::InFlight;
using finalize::Registry;
using finalize_test::ScarceMemory;

constexpr char kLong[] = "a name that is too long to be kept within a string";

class NoMemoryInFlightTest
    : public testing::TestWithParam<ScarceMemory::Failing> {
 protected:
  // Calls attempt() with each of its allocations failing in turn. The last time
  // none fails.
  template <class F>
  void FailEach(F attempt) {
    bool sufficed = false;
    for (int allowed = 0; !sufficed; ++allowed) {
      ASSERT_LT(allowed, 100);
      attempt([&](auto work) {
        ScarceMemory scarce(allowed, GetParam());
        work();
        sufficed = scarce.sufficed();
      });
    }
    EXPECT_TRUE(sufficed);
  }
};

INSTANTIATE_TEST_SUITE_P(All, NoMemoryInFlightTest,
                         testing::Values(ScarceMemory::kOneFails,
                                         ScarceMemory::kRestFail));

TEST_P(NoMemoryInFlightTest, EntersOrDoesNot) {
  int refused = 0;
  FailEach([&](auto with_scarce_memory) {
    InFlight requests("requests");
    absl::StatusOr<InFlight::Ticket> ticket;
    with_scarce_memory([&] { ticket = requests.Enter(kLong); });
    EXPECT_EQ(requests.size(), ticket.ok() ? 1 : 0);
    if (ticket.ok()) return;
    ++refused;
    EXPECT_EQ(ticket.status().code(), absl::StatusCode::kResourceExhausted);
  });
  EXPECT_GT(refused, 0);
}

TEST_P(NoMemoryInFlightTest, RefusesWhenClosed) {
  FailEach([&](auto with_scarce_memory) {
    InFlight requests("requests");
    requests.Close();
    absl::Status status;
    with_scarce_memory([&] { status = requests.Enter("a").status(); });
    EXPECT_TRUE(status.code() == absl::StatusCode::kUnavailable ||
                status.code() == absl::StatusCode::kResourceExhausted)
        << status;
  });
}

TEST_P(NoMemoryInFlightTest, WaitsAndLeaves) {
  FailEach([&](auto with_scarce_memory) {
    InFlight requests("requests");
    absl::StatusOr<InFlight::Ticket> ticket = requests.Enter(kLong);
    ASSERT_TRUE(ticket.ok());
    absl::Status early;
    absl::Status late;
    with_scarce_memory([&] {
      early = requests.Wait(absl::InfinitePast());
      ticket->Leave();
      late = requests.Wait();
    });
    EXPECT_EQ(early.code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_TRUE(late.ok());
  });
}

TEST_P(NoMemoryInFlightTest, ConstructsOrThrows) {
  const size_t before = Registry::Process().size();
  FailEach([&](auto with_scarce_memory) {
    std::optional<InFlight> requests;
    with_scarce_memory([&] {
      try {
        requests.emplace("requests");
      } catch (const std::bad_alloc&) {
      }
    });
    // If its finalizer was refused, the first Enter registers it.
    if (requests.has_value()) {
      EXPECT_TRUE(requests->Enter("a").ok());
      EXPECT_EQ(Registry::Process().size(), before + 1);
    }
    requests.reset();
    EXPECT_EQ(Registry::Process().size(), before);
  });
}

TEST_P(NoMemoryInFlightTest, IsAwaitedByADrain) {
  finalize::ExitOptions options;
  options.deadline = absl::Milliseconds(2);
  ASSERT_TRUE(finalize::SetExitOptions(options).ok());
  FailEach([&](auto with_scarce_memory) {
    InFlight requests("requests");
    absl::StatusOr<InFlight::Ticket> ticket = requests.Enter(kLong);
    ASSERT_TRUE(ticket.ok());
    std::optional<finalize::Report> report;
    with_scarce_memory([&] { report = Registry::Process().Drain(); });
    EXPECT_EQ(report->failed, 1);
    EXPECT_TRUE(requests.closed());
  });
}

}  // namespace
