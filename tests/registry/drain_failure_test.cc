// SPDX-License-Identifier: Apache-2.0

// What callbacks throw and return in a drain (contract C14).
#include <exception>
#include <stdexcept>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"

namespace {

using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;

// C14: any exception and any bad status is in the report; the rest still runs.
TEST(DrainFailureTest, FailuresDoNotStopTheRest) {
  CapturedFailures failures;
  EventLog log;
  Registry registry;
  registry.Register(log.Adds("oldest"));
  registry.Register(Options("runtime_error"),
                    [] { throw std::runtime_error("deep"); });
  registry.Register(Options("int"), [] { throw 42; });
  registry.Register(Options("pointer"), [] { throw "text"; });
  struct Custom {};
  registry.Register(Options("custom"), [] { throw Custom(); });
  registry.Register(Options("status"),
                    [] { return absl::DataLossError("lost"); });
  registry.Register(Options("status_or"), []() -> absl::StatusOr<int> {
    return absl::NotFoundError("none");
  });
  registry.Register(log.Adds("newest"));
  Report report = registry.Drain();
  EXPECT_EQ(log.Text(), "newest oldest");
  EXPECT_EQ(report.ran, 2u);
  EXPECT_EQ(report.failed, 6u);
  ASSERT_EQ(report.entries.size(), 6u);
  EXPECT_EQ(report.entries[0].status, absl::NotFoundError("none"));
  EXPECT_EQ(report.entries[1].status, absl::DataLossError("lost"));
  EXPECT_EQ(report.status(), absl::NotFoundError("none"));  // the first
  for (const ReportEntry& entry : report.entries) {
    EXPECT_EQ(entry.outcome, ReportEntry::Outcome::kFailed);
  }
  EXPECT_EQ(report.entries[2].name, "custom");
  EXPECT_NE(report.entries[2].status.message().find("Custom"),
            absl::string_view::npos);
  EXPECT_EQ(report.entries[4].status.message(), "exception of type int");
  EXPECT_EQ(report.entries[5].status.message(),
            "exception of type std::runtime_error: deep");
  EXPECT_EQ(failures.size(), 6u);
}

// C14: a good status is no failure.
TEST(DrainFailureTest, GoodStatusIsASuccess) {
  Registry registry;
  registry.Register([] { return absl::OkStatus(); });
  registry.Register([]() -> absl::StatusOr<int> { return 1; });
  registry.Register([] { return false; });  // no status at all
  Report report = registry.Drain();
  EXPECT_EQ(report.ran, 3u);
  EXPECT_EQ(report.failed, 0u);
}

// C14: an exception whose what() throws, too, ends in the report.
TEST(DrainFailureTest, ThrowingWhatIsContained) {
  CapturedFailures failures;
  struct Nasty : std::exception {
    const char* what() const noexcept override { return ""; }
  };
  Registry registry;
  registry.Register([] { throw Nasty(); });
  EXPECT_EQ(registry.Drain().failed, 1u);
}

}  // namespace
