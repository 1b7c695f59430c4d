// SPDX-License-Identifier: Apache-2.0

// The texts and the numbers of a drain's report and of a dump (contract C15,
// C26).
#include "finalize/report.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"

namespace {

using finalize::Cause;
using finalize::DrainOptions;
using finalize::Options;
using finalize::Place;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;
using finalize_test::CapturedFailures;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

void RemoveTree(const std::string&, int) {}
void Nothing() {}

Options At(const char* name) {
  return Options(name).set_place({"dir/file.cc", 88});
}

// C26: a line of the dump.
TEST(ReportTest, DumpHasALineForEach) {
  Registry registry;
  registry.Register(At("remove spool"), RemoveTree, std::string("/tmp/x"), 3);
  EXPECT_THAT(registry.Dump(),
              MatchesRegex("#[0-9]+ phase 0 \\+[0-9.]+m?s dir/file.cc:88 "
                           "\"remove spool\" .*\\(\"/tmp/x\", 3\\)\n"));
}

// C26: without a name there is none, and the phase is shown.
TEST(ReportTest, DumpShowsWhatThereIs) {
  Registry registry;
  registry.Register(Options().set_phase(-7).set_place({"a.cc", 1}), &Nothing);
  EXPECT_THAT(registry.Dump(),
              MatchesRegex("#[0-9]+ phase -7 \\+[0-9.]+m?s a.cc:1 .*\\(\\)\n"));
}

// C26: arguments of every kind.
TEST(ReportTest, DumpPrintsArguments) {
  Registry registry;
  enum Color { kRed = 4 };
  struct Opaque {};
  char buffer[4] = {'n', 'o', 'e', 'n'};  // not ended by a zero byte
  registry.Register(
      {}, [](auto&&...) {}, true, -3, 7u, 2.5, kRed, 'a', "text",
      std::string("quo\"te\n"), std::filesystem::path("/p"), Opaque(), nullptr,
      static_cast<const char*>(nullptr), static_cast<char*>(buffer),
      static_cast<int*>(nullptr));
  const std::string dump = registry.Dump();
  EXPECT_THAT(dump, HasSubstr("(true, -3, 7, 2.5, 4, 97, \"text\", "
                              "\"quo\\\"te\\n\", \"/p\", <"));
  EXPECT_THAT(dump, HasSubstr("Opaque>, nullptr, nullptr, 0x"));
  EXPECT_THAT(dump, Not(HasSubstr("noen")));  // a buffer is not read
}

// C26: an argument whose text cannot be had spoils neither dump nor drain.
TEST(ReportTest, ThrowingConversionIsContained) {
  struct Thrower {
    operator std::string_view() const { throw 1; }
  };
  Registry registry;
  registry.Register(
      "thrower", [](const Thrower&) {}, Thrower());
  EXPECT_THAT(registry.Dump(), HasSubstr("\"thrower\""));
  DrainOptions options;
  options.entries = DrainOptions::Entries::kAll;
  EXPECT_EQ(registry.Drain(options).ran, 1u);
}

// C15: entries for what is notable; all on request, in the order of running.
TEST(ReportTest, EntriesAreForWhatIsNotable) {
  CapturedFailures failures;
  Registry registry;
  registry.Register(At("good"), [] {});
  registry.Register(At("bad"), [] { throw 1; });
  Report report = registry.Drain();
  ASSERT_EQ(report.entries.size(), 1u);
  EXPECT_EQ(report.entries[0].name, "bad");
  registry.Register(At("good"), [] {});
  registry.Register(At("bad"), [] { throw 1; });
  DrainOptions options;
  options.entries = DrainOptions::Entries::kAll;
  report = registry.Drain(options);
  ASSERT_EQ(report.entries.size(), 2u);
  EXPECT_EQ(report.entries[0].name, "bad");
  EXPECT_EQ(report.entries[1].name, "good");
  EXPECT_EQ(report.entries[1].outcome, ReportEntry::Outcome::kRan);
  EXPECT_EQ(report.entries[1].place.line, 88);
  EXPECT_GT(report.entries[1].duration, absl::ZeroDuration());
}

// C15: a slow one has an entry, with its duration.
TEST(ReportTest, SlowOnesHaveAnEntry) {
  Registry registry;
  registry.Register(At("slow"), [] {
    const absl::Time start = absl::Now();
    while (absl::Now() - start < absl::Milliseconds(4)) {
    }
  });
  DrainOptions options;
  options.slow = absl::Milliseconds(2);
  Report report = registry.Drain(options);
  EXPECT_EQ(report.ran, 1u);
  ASSERT_EQ(report.entries.size(), 1u);
  EXPECT_EQ(report.entries[0].outcome, ReportEntry::Outcome::kRan);
  EXPECT_GT(report.entries[0].duration, absl::Milliseconds(2));
  EXPECT_TRUE(report.status().ok());
}

// C15: the number of entries has a limit, the totals have none.
TEST(ReportTest, TotalsAreExactBeyondTheEntries) {
  CapturedFailures failures;
  Registry registry;
  for (int i = 0; i < 30; ++i) registry.Register([] { throw 1; });
  DrainOptions options;
  options.max_entries = 10;
  Report report = registry.Drain(options);
  EXPECT_EQ(report.failed, 30u);
  EXPECT_EQ(report.entries.size(), 10u);
  for (int i = 0; i < 30; ++i) registry.Register([] { throw 1; });
  options.max_entries = 0;
  report = registry.Drain(options);
  EXPECT_EQ(report.failed, 30u);
  EXPECT_TRUE(report.entries.empty());
  EXPECT_FALSE(report.status().ok());  // without an entry, too
}

// C15: what is left is counted and named, up to the limit.
TEST(ReportTest, LeftOnesAreNamed) {
  Registry registry;
  for (int i = 0; i < 5; ++i) registry.Register(At("left"), [] {});
  DrainOptions options;
  options.deadline = absl::InfinitePast();
  options.max_entries = 3;
  Report report = registry.Drain(options);
  EXPECT_EQ(report.left, 5u);
  EXPECT_EQ(report.entries.size(), 3u);
  EXPECT_THAT(report.ToString(), HasSubstr("5 left"));
  EXPECT_THAT(report.ToString(), HasSubstr("deadline exceeded"));
}

// C12: skipped ones are named, and are no failure.
TEST(ReportTest, SkippedOnesAreNoFailure) {
  Registry registry;
  registry.Register(At("skipped").set_at_exit(false), [] {});
  DrainOptions options;
  options.cause = Cause::Kind::kQuickExit;
  Report report = registry.Drain(options);
  ASSERT_EQ(report.entries.size(), 1u);
  EXPECT_THAT(report.entries[0].ToString(), HasSubstr("skipped on quick_exit"));
  EXPECT_TRUE(report.status().ok());
}

// The arguments of a callback that has been called are not looked at: it may
// have freed them.
TEST(ReportTest, SpentArgumentsAreNotShown) {
  CapturedFailures failures;
  Registry registry;
  char* text = strdup("freed");
  registry.Register(
      At("frees"),
      [](const char* owned) {
        free(const_cast<char*>(owned));
        throw 1;
      },
      static_cast<const char*>(text));
  Report report = registry.Drain();
  ASSERT_EQ(report.entries.size(), 1u);
  EXPECT_THAT(report.entries[0].callback, Not(HasSubstr("freed")));
  EXPECT_THAT(report.entries[0].callback, HasSubstr("TestBody"));
}

// The text of an entry.
TEST(ReportTest, EntryText) {
  ReportEntry entry;
  entry.number = 42;
  entry.phase = 1;
  entry.place = Place{"examples/spool.cc", 88};
  entry.name = "remove spool";
  entry.callback = "RemoveTree(\"/tmp/x\")";
  entry.cause = Cause::Kind::kExit;
  entry.outcome = ReportEntry::Outcome::kFailed;
  entry.duration = absl::Microseconds(1200);
  entry.status = absl::PermissionDeniedError("locked");
  EXPECT_EQ(entry.ToString(),
            "#42 phase 1 examples/spool.cc:88 \"remove spool\" "
            "RemoveTree(\"/tmp/x\") failed on exit after 1.2ms: "
            "PERMISSION_DENIED: locked");
  EXPECT_EQ(ReportEntry().ToString(), "phase 0 ran on drain");
}

// The text of a report: totals, and a line for each entry.
TEST(ReportTest, ReportText) {
  Report report;
  report.cause = Cause(Cause::Kind::kSignal, 15);
  report.ran = 3;
  report.failed = 1;
  report.entries.emplace_back();
  EXPECT_EQ(report.ToString(),
            "drain on signal: 3 ran, 1 failed, 0 left, 0 still running\n"
            "  phase 0 ran on drain");
}

// The text of what a peek shows.
TEST(ReportTest, InfoText) {
  finalize::Info info;
  info.number = 42;
  info.place = Place{"a/b.cc", 9};
  info.name = "n";
  info.callback = "F()";
  info.age = absl::Seconds(3.14);
  EXPECT_EQ(info.ToString(), "#42 phase 0 +3.1s a/b.cc:9 \"n\" F()");
  info.age = absl::Seconds(0.25);
  EXPECT_THAT(info.ToString(), HasSubstr(" +0.2s "));
  info.age = absl::Seconds(0.004);
  EXPECT_THAT(info.ToString(), HasSubstr(" +4ms "));
  info.age = absl::Seconds(7205);
  EXPECT_THAT(info.ToString(), HasSubstr(" +2h5s "));
}

// Every cause and every outcome has a word.
TEST(ReportTest, EveryCauseHasAWord) {
  for (int kind = 0; kind <= static_cast<int>(Cause::Kind::kClosed); ++kind) {
    EXPECT_STRNE(Cause(static_cast<Cause::Kind>(kind)).ToString(), "unknown");
  }
  for (int o = 0; o <= static_cast<int>(ReportEntry::Outcome::kRefused); ++o) {
    ReportEntry entry;
    entry.outcome = static_cast<ReportEntry::Outcome>(o);
    EXPECT_THAT(entry.ToString(), Not(HasSubstr("unknown")));
  }
}

}  // namespace
