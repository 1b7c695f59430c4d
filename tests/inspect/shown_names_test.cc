// SPDX-License-Identifier: Apache-2.0

// Failure reports, dumps and standard error show names on one line (contract
// C38).
#include <algorithm>
#include <stdexcept>
#include <string>

#include "absl/status/status.h"
#include "finalize/failure_reporter.h"
#include "finalize/options.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

using finalize::Options;
using finalize::Place;
using finalize::Registry;
using finalize::ReportEntry;
using testing::HasSubstr;

constexpr char kForged[] = "d\nfinalize: all is well\x1b[2J";
constexpr char kShown[] = "d\\nfinalize: all is well\\x1b[2J";

// So many lines, all ended, and nothing that moves a cursor.
void ExpectLines(const std::string& text, int lines) {
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), lines) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\x1b'), 0) << text;
}

Place OddPlace() { return Place{kForged, 7}; }

// C38: name, place, callback and status of an entry.
TEST(ShownNamesTest, EntryIsOneLine) {
  ReportEntry entry;
  entry.name = kForged;
  entry.place = OddPlace();
  entry.callback = kForged;
  entry.status = absl::DataLossError(kForged);
  ExpectLines(entry.ToString(), 0);
  const std::string shown = kShown;
  EXPECT_THAT(entry.ToString(), HasSubstr(" " + shown + ":7 \"" + shown +
                                          "\" " + shown + " ran on drain"));
  EXPECT_THAT(entry.ToString(), HasSubstr("DATA_LOSS: " + shown));
  EXPECT_EQ(entry.status.message(), kForged);  // a field is plain
}

TEST(ShownNamesTest, DumpHasALineForEach) {
  Registry registry;
  registry.Register(
      Options(kForged).set_place(OddPlace()), [](const std::string&) {},
      std::string(kForged));
  ExpectLines(registry.Dump(), 1);
  EXPECT_THAT(registry.Dump(), HasSubstr("(\"" + std::string(kShown) + "\")"));
  (void)registry.Drain();
}

TEST(ShownNamesTest, DrainReportHasALineForEach) {
  finalize::SetFailureReporter([](const ReportEntry&) {});
  Registry registry;
  registry.Register(Options(kForged),
                    [] { throw std::runtime_error(kForged); });
  const finalize::Report report = registry.Drain();
  finalize::SetFailureReporter({});
  ExpectLines(report.ToString(), 1);
}

// C38: on standard error, from an exception, a status, and a refusal.
TEST(ShownNamesTest, StandardErrorHasALineForEach) {
  testing::internal::CaptureStderr();
  {
    Registry registry;
    registry.Register(Options(kForged),
                      [] { throw std::runtime_error(kForged); });
    registry.Register(Options(kForged).set_place(OddPlace()),
                      [] { return absl::DataLossError(kForged); });
    (void)registry.Drain();
    registry.Seal();
    registry.Register(
        Options(kForged).set_place(OddPlace()), [](const std::string&) {},
        std::string(kForged));
  }
  ExpectLines(testing::internal::GetCapturedStderr(), 3);
}

// C38: a library reports its own failures in the same way.
TEST(ShownNamesTest, ReportFailureWritesALine) {
  ReportEntry entry;
  entry.name = "clean up";
  entry.outcome = ReportEntry::Outcome::kFailed;
  entry.status = absl::DataLossError(kForged);
  testing::internal::CaptureStderr();
  finalize::ReportFailure(entry);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "finalize: phase 0 \"clean up\" failed on drain: DATA_LOSS: " +
                std::string(kShown) + "\n");
}

// A callback of a library has no type that would tell its users anything.
struct Unnamed {
  static constexpr bool kUnnamed = true;
  void operator()(const std::string&, int) const {}
};

TEST(ShownNamesTest, UnnamedCallbackShowsItsArguments) {
  Registry registry;
  registry.Register(Options("clean up").set_place({"a.cc", 7}), Unnamed(),
                    std::string("x"), 3);
  EXPECT_THAT(registry.Dump(),
              testing::EndsWith(" a.cc:7 \"clean up\" \"x\", 3\n"));
}

}  // namespace
