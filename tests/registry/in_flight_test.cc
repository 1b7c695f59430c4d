// SPDX-License-Identifier: Apache-2.0

// What an InFlight does in one process. tests/exit/in_flight_end_test.cc has
// the ends of processes.
#include "finalize/in_flight.h"

#include <sched.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/process_end.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "finalize/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/latch.h"

namespace {

using finalize::InFlight;
using finalize::InFlightOptions;
using finalize::Options;
using finalize::Registry;
using finalize_test::CapturedFailures;
using finalize_test::Latch;
using testing::HasSubstr;
using testing::MatchesRegex;

using Ticket = InFlight::Ticket;

Ticket Entered(InFlight& requests, const std::string& name) {
  absl::StatusOr<Ticket> ticket = requests.Enter(name);
  EXPECT_TRUE(ticket.ok()) << ticket.status();
  return ticket.ok() ? *std::move(ticket) : Ticket();
}

void AwaitClosed(const InFlight& requests) {
  while (!requests.closed()) sched_yield();
}

// While it exists, a drain waits for a millisecond.
class BriefEnd {
 public:
  BriefEnd() : old_(finalize::GetExitOptions()) {
    finalize::ExitOptions options;
    options.deadline = absl::Milliseconds(2);
    EXPECT_TRUE(finalize::SetExitOptions(options).ok());
  }
  ~BriefEnd() { EXPECT_TRUE(finalize::SetExitOptions(old_).ok()); }

 private:
  const finalize::ExitOptions old_;
};

// C39: a request is in flight until its ticket leaves, wherever it was moved.
TEST(InFlightTest, CountsUntilTheTicketLeaves) {
  InFlight requests("requests");
  Ticket first = Entered(requests, "a");
  {
    Ticket second = Entered(requests, "b");
    EXPECT_EQ(requests.size(), 2);
    Ticket moved = std::move(second);
    EXPECT_TRUE(moved.inside());
    EXPECT_EQ(requests.size(), 2);
  }
  EXPECT_EQ(requests.size(), 1);
  first = Entered(requests, "c");  // the old one leaves
  EXPECT_EQ(requests.size(), 1);
  first.Leave();
  first.Leave();
  EXPECT_FALSE(first.inside());
  EXPECT_EQ(requests.size(), 0);
}

TEST(InFlightTest, ListsTheOldestFirst) {
  InFlight requests("requests");
  const Ticket a = Entered(requests, "a");
  Ticket b = Entered(requests, "b");
  const Ticket c = Entered(requests, std::string(300, 'c'));
  b.Leave();
  const std::vector<finalize::InFlightRequest> all = requests.ByAge(9);
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_EQ(all[1].name, std::string(255, 'c'));
  EXPECT_GE(all[0].age, all[1].age);
  EXPECT_THAT(all[0].ToString(), MatchesRegex("\"a\" for [0-9.]+m?s"));
  EXPECT_EQ(requests.ByAge(1).size(), 1);
}

// C39: once closed it refuses, and keeps what is inside.
TEST(InFlightTest, RefusesWhenClosed) {
  InFlight requests("requests");
  const Ticket inside = Entered(requests, "a");
  EXPECT_FALSE(requests.closed());
  requests.Close();
  EXPECT_TRUE(requests.closed());
  EXPECT_EQ(requests.Enter("b").status(),
            absl::UnavailableError("\"requests\" is closed"));
  EXPECT_EQ(requests.size(), 1);
}

// C39: a wait that ends too early names what is inside, escaped, 20 at most.
TEST(InFlightTest, NamesWhatItWaitsFor) {
  InFlight requests("requests");
  std::vector<Ticket> tickets;
  tickets.push_back(Entered(requests, "a\nb"));
  const absl::Status one = requests.Wait(absl::Now());
  EXPECT_EQ(one.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(one.message()),
              MatchesRegex("1 still in flight after [0-9.]+m?s: "
                           "\"a\\\\nb\" for [0-9.]+m?s"));
  for (int i = 1; i < 25; ++i) tickets.push_back(Entered(requests, "more"));
  EXPECT_THAT(std::string(requests.Wait(absl::InfinitePast()).message()),
              HasSubstr(", and 5 more"));
  tickets.clear();
  EXPECT_TRUE(requests.Wait(absl::InfinitePast()).ok());
}

TEST(InFlightTest, WaitsForOtherThreads) {
  InFlight requests("requests");
  Latch entered(2);
  std::vector<std::thread> threads;
  for (const char* name : {"a", "b"}) {
    threads.emplace_back([&, name] {
      const Ticket ticket = Entered(requests, name);
      entered.CountDown();
      AwaitClosed(requests);
    });
  }
  entered.Wait();
  requests.Close();
  EXPECT_TRUE(requests.Wait().ok());
  EXPECT_EQ(requests.size(), 0);
  for (std::thread& thread : threads) thread.join();
}

TEST(InFlightTest, CountsManyThreads) {
  InFlight requests("requests");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (;;) {
        absl::StatusOr<Ticket> first = requests.Enter("first");
        absl::StatusOr<Ticket> second = requests.Enter("second");
        if (!second.ok()) return;
        first->Leave();
      }
    });
  }
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LE(requests.ByAge(100).size(), 8);
    EXPECT_LE(requests.size(), 8);
    requests.Wait(absl::Now()).IgnoreError();
  }
  requests.Close();
  EXPECT_TRUE(requests.Wait().ok());
  for (std::thread& thread : threads) thread.join();
}

// C39: a drain closes it, and continues when the last ticket has left.
TEST(InFlightTest, IsAwaitedByADrain) {
  InFlight requests("requests");
  bool answered = false;
  Latch entered;
  std::thread worker([&] {
    Ticket ticket = Entered(requests, "a");
    entered.CountDown();
    AwaitClosed(requests);
    answered = true;
    ticket.Leave();
  });
  entered.Wait();
  bool answered_before = false;
  finalize::AtExit("clean up", [&] { answered_before = answered; });
  const finalize::Report report = Registry::Process().Drain();
  EXPECT_TRUE(answered_before);
  EXPECT_TRUE(report.status().ok()) << report.ToString();
  worker.join();
}

// C39, C10: a request that is waited for may register below, even if nothing is
// pending there.
TEST(InFlightTest, LetsItsRequestsRegister) {
  CapturedFailures failures;
  InFlight requests("requests");
  Latch entered;
  std::atomic<bool> ran{false};
  bool alive = false;
  std::thread worker([&] {
    Ticket ticket = Entered(requests, "a");
    entered.CountDown();
    AwaitClosed(requests);
    alive = finalize::AtExit("late", [&] { ran = true; }).alive();
    ticket.Leave();
  });
  entered.Wait();
  const finalize::Report report = Registry::Process().Drain();
  EXPECT_TRUE(report.status().ok()) << report.ToString();
  worker.join();
  EXPECT_TRUE(alive);
  EXPECT_TRUE(ran);
  EXPECT_EQ(failures.size(), 0u);
}

// C10, C39: but not at its own phase or above it, which would end too late.
TEST(InFlightTest, LetsNoRequestRegisterAbove) {
  CapturedFailures failures;
  InFlight requests("requests");
  Latch entered;
  bool alive = true;
  std::thread worker([&] {
    Ticket ticket = Entered(requests, "a");
    entered.CountDown();
    AwaitClosed(requests);
    alive =
        finalize::AtExit(Options().set_phase(finalize::kFinishWorkPhase), [] {
        }).alive();
    ticket.Leave();
  });
  entered.Wait();
  Registry::Process().Drain();
  worker.join();
  EXPECT_FALSE(alive);
  EXPECT_EQ(failures.size(), 1);
}

// C39, C14: what is inside when its share of the time has passed is named, and
// the drain goes on.
TEST(InFlightTest, FailsWithTheNamesAtItsLimit) {
  const BriefEnd brief;
  CapturedFailures failures;
  InFlight requests("requests");
  const Ticket stuck = Entered(requests, "stuck");
  bool cleaned = false;
  finalize::AtExit("clean up", [&] { cleaned = true; });
  const finalize::Report report = Registry::Process().Drain();
  EXPECT_TRUE(cleaned);
  EXPECT_EQ(report.failed, 1);
  ASSERT_EQ(report.entries.size(), 1);
  const finalize::ReportEntry& entry = report.entries[0];
  EXPECT_EQ(entry.name, "requests");
  EXPECT_EQ(entry.phase, finalize::kFinishWorkPhase);
  EXPECT_THAT(entry.place.file, HasSubstr("in_flight_test.cc"));
  EXPECT_EQ(entry.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(entry.status.message()),
              HasSubstr("1 still in flight after"));
  EXPECT_THAT(std::string(entry.status.message()), HasSubstr("\"stuck\" for"));
  EXPECT_EQ(failures.size(), 1);
}

// The wait goes by the clock that a test can put forward.
TEST(InFlightTest, WaitsByTheClockOfDrains) {
  CapturedFailures failures;
  finalize::testing::FakeClock clock;
  InFlight requests("requests");
  const Ticket stuck = Entered(requests, "stuck");
  std::atomic<bool> drained{false};
  std::thread advancer([&] {
    AwaitClosed(requests);
    while (!drained) {
      clock.Advance(absl::Hours(1));
      sched_yield();
    }
  });
  EXPECT_EQ(Registry::Process().Drain().failed, 1);
  drained = true;
  advancer.join();
}

// C39: requests enter until its turn in the drain, also from callbacks; a
// ticket may leave in a callback.
TEST(InFlightTest, IsOpenUntilItsTurn) {
  InFlight requests("requests");
  Ticket ticket;
  absl::Status above;
  absl::Status below;
  finalize::AtExit(Options().set_phase(finalize::kStopAcceptingPhase), [&] {
    absl::StatusOr<Ticket> entered = requests.Enter("late");
    above = entered.status();
    if (entered.ok()) ticket = *std::move(entered);
  });
  finalize::AtExit(Options().set_phase(finalize::kFinishWorkPhase + 1),
                   [&] { ticket.Leave(); });
  finalize::AtExit("below", [&] { below = requests.Enter("late").status(); });
  const finalize::Report report = Registry::Process().Drain();
  EXPECT_TRUE(report.status().ok()) << report.ToString();
  EXPECT_TRUE(above.ok()) << above;
  EXPECT_EQ(below.code(), absl::StatusCode::kUnavailable);
}

// C39: tickets may outlive it, and the end still waits for them.
TEST(InFlightTest, MayEndBeforeItsTickets) {
  const size_t before = Registry::Process().size();
  std::optional<InFlight> requests("requests");
  EXPECT_EQ(Registry::Process().size(), before + 1);
  Ticket ticket = Entered(*requests, "a");
  requests.reset();
  EXPECT_EQ(Registry::Process().size(), before + 1);
  EXPECT_TRUE(ticket.inside());
  ticket.Leave();
  EXPECT_EQ(Registry::Process().size(), before);

  requests.emplace("requests");
  Entered(*requests, "b").Leave();
  requests.reset();
  EXPECT_EQ(Registry::Process().size(), before);
}

TEST(InFlightDeathTest, RefusesAShareThatIsNone) {
  InFlightOptions options;
  options.later_share = 1.5;
  EXPECT_DEATH(InFlight("requests", options),
               "later_share must be from 0 to 1");
}

}  // namespace
