// SPDX-License-Identifier: Apache-2.0

// The debug page of examples/spool_service.
#include "examples/spool_service/pages/debug_pages.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "examples/spool_service/pages/debug_pages_words.h"
#include "finalize/failure_reporter.h"
#include "finalize/in_flight.h"
#include "finalize/registry.h"
#include "finalize/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/latch.h"

namespace {

using finalize::testing::FakeClock;
using finalize_test::Latch;
using nlohmann::json;
using spool_service::AgeText;
using spool_service::DebugHtml;
using spool_service::DebugJson;
using spool_service::DebugOptions;
using spool_service::DebugText;
using spool_service::FailureLog;
using spool_service::InspectProcess;
using spool_service::PendingGroup;
using spool_service::ProcessState;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kHostile[] = "<b>\"&'\n\x1b[2J\xff";

ProcessState HostileState() {
  ProcessState state;
  state.when = absl::FromUnixSeconds(1000);
  state.pid = 17;
  finalize::Info info;
  info.number = 5;
  info.name = kHostile;
  info.callback = "Remove(\"<i>\")";
  info.age = absl::Seconds(3.1);
  PendingGroup group;
  group.place = {"<u>.cc", 7};
  group.count = 3;
  group.oldest = absl::Minutes(2);
  group.entries.push_back(info);
  state.groups.push_back(group);
  state.pending = 3;
  finalize::RunningInfo running;
  running.name = kHostile;
  state.running.push_back(running);
  state.requests.push_back({kHostile, absl::Seconds(1)});
  state.in_flight = 4;
  finalize::ReportEntry entry;
  entry.name = kHostile;
  entry.outcome = finalize::ReportEntry::Outcome::kFailed;
  entry.status = absl::InternalError(kHostile);
  state.failures.push_back({absl::FromUnixSeconds(990), entry});
  state.failed = 2;
  return state;
}

size_t Lines(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST(AgeTextTest, HasTwoUnitsAtMost) {
  EXPECT_EQ(AgeText(-absl::Seconds(1)), "0ms");
  EXPECT_EQ(AgeText(absl::Milliseconds(999)), "999ms");
  EXPECT_EQ(AgeText(absl::Milliseconds(3150)), "3.1s");
  EXPECT_EQ(AgeText(absl::Seconds(125)), "2m5s");
  EXPECT_EQ(AgeText(absl::Minutes(200)), "3h20m");
  EXPECT_EQ(AgeText(absl::Hours(122)), "5d2h");
}

// No name adds a line, an escape sequence or a byte that is not UTF-8.
TEST(DebugPagesTest, TextIsEscaped) {
  ProcessState state = HostileState();
  const std::string text = DebugText(state);
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\xff")),
                          HasSubstr("\"<b>\\\"&'\\n\\x1b[2J\\xff\"")));
  const size_t lines = Lines(text);
  state.groups[0].entries[0].name = state.running[0].name = "plain";
  state.requests[0].name = state.failures[0].entry.name = "plain";
  state.failures[0].entry.status = absl::InternalError("plain");
  EXPECT_EQ(lines, Lines(DebugText(state)));
}

// No name, place, callback or status adds an element.
TEST(DebugPagesTest, HtmlIsEscaped) {
  const std::string html = DebugHtml(HostileState());
  for (const char* raw : {"<b>\"", "<i>", "<u>.cc", "\x1b", "\xff", "\"&'"}) {
    EXPECT_THAT(html, Not(HasSubstr(raw)));
  }
  EXPECT_THAT(html, AllOf(HasSubstr("&lt;b&gt;&quot;&amp;&#39;\\n\\x1b[2J"),
                          HasSubstr("Remove(&quot;&lt;i&gt;&quot;)"),
                          HasSubstr("&lt;u&gt;.cc:7")));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
}

// JSON has the names themselves; what is not UTF-8 is replaced.
TEST(DebugPagesTest, JsonHasTheNames) {
  const json page = json::parse(DebugJson(HostileState()));
  const std::string name = "<b>\"&'\n\x1b[2J\xef\xbf\xbd";
  EXPECT_EQ(page["pid"], 17);
  const json& place = page["pending"]["places"][0];
  EXPECT_EQ(place["place"], (json{{"file", "<u>.cc"}, {"line", 7}}));
  EXPECT_EQ(place["count"], 3);
  EXPECT_EQ(place["oldest_seconds"], 120.0);
  EXPECT_EQ(place["entries"][0]["name"], name);
  EXPECT_EQ(place["entries"][0]["age_seconds"], 3.1);
  EXPECT_EQ(page["running"][0]["name"], name);
  EXPECT_EQ(page["running"][0]["elapsed_seconds"], nullptr);
  EXPECT_EQ(page["in_flight"]["requests"][0]["name"], name);
  EXPECT_EQ(page["failed"]["count"], 2);
  EXPECT_EQ(page["failed"]["latest"][0]["time"], 990.0);
}

// What is left out is counted.
TEST(DebugPagesTest, SaysHowManyAreNotShown) {
  const std::string text = DebugText(HostileState());
  EXPECT_THAT(
      text,
      AllOf(HasSubstr("  2m0s x 3 <u>.cc:7\n    #5 phase 0 +3.1s"),
            HasSubstr("    and 2 more\n"), HasSubstr("in flight: 4\n"),
            HasSubstr("  and 3 more\n"), HasSubstr("failures reported: 2,"),
            HasSubstr("  10.0s ago: ")));
}

// Places are ordered by their oldest finalizer, and count what is not shown.
TEST(InspectProcessTest, GroupsByPlaceTheOldestFirst) {
  finalize::Registry registry;
  std::vector<finalize::Finalizer<>> pending;
  for (int i = 0; i < 3; ++i) {
    pending.push_back(registry.Register("first place", [] {}));
  }
  registry.Register("second place", [] {});
  DebugOptions options;
  options.entries = 2;
  const ProcessState state = InspectProcess(options);
  ASSERT_EQ(state.groups.size(), 2u);
  EXPECT_EQ(state.pending, 4u);
  EXPECT_EQ(state.groups[0].count, 3u);
  ASSERT_EQ(state.groups[0].entries.size(), 2u);
  EXPECT_EQ(state.groups[0].entries[0].name, "first place");
  EXPECT_GE(state.groups[0].oldest, state.groups[1].oldest);
  EXPECT_EQ(state.groups[1].count, 1u);
  EXPECT_TRUE(state.groups[1].entries.empty());
  registry.CancelAll();
}

// A callback that runs is shown with how long it has been running.
TEST(InspectProcessTest, ShowsWhatRuns) {
  FakeClock clock;
  InspectProcess({});  // from now on, starts are recorded
  finalize::Registry registry;
  Latch started, release;
  const auto hangs = registry.Register("hangs", [&] {
    started.CountDown();
    release.Wait();
  });
  std::thread runner([&] { hangs.Run(); });
  started.Wait();
  clock.Advance(absl::Seconds(7));
  const ProcessState state = InspectProcess({});
  release.CountDown();
  runner.join();
  ASSERT_EQ(state.running.size(), 1u);
  EXPECT_THAT(DebugText(state),
              AllOf(HasSubstr("running: 1,"), HasSubstr("s #"),
                    HasSubstr("\"hangs\""), Not(HasSubstr("unknown"))));
  const json page = json::parse(DebugJson(state));
  EXPECT_GE(page["running"][0]["elapsed_seconds"], 7.0);
  EXPECT_TRUE(InspectProcess({}).running.empty());
}

// Requests in flight, and whether more may enter.
TEST(InspectProcessTest, ShowsRequests) {
  finalize::InFlight requests("requests");
  auto ticket = requests.Enter("GET /report");
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  DebugOptions options;
  options.requests = &requests;
  EXPECT_THAT(DebugText(InspectProcess(options)),
              AllOf(HasSubstr("in flight: 1\n"), HasSubstr("\"GET /report\"")));
  ticket->Leave();
  requests.Close();
  EXPECT_THAT(DebugText(InspectProcess(options)),
              HasSubstr("in flight: 0, and closed\n"));
}

// The log keeps the newest failures, counts all, and passes each on.
TEST(FailureLogTest, KeepsTheNewest) {
  FailureLog failures(2);
  std::vector<std::string> passed_on;
  failures.Install([&](const finalize::ReportEntry& entry) {
    passed_on.push_back(entry.name);
  });
  finalize::Registry registry;
  for (const char* name : {"first", "second", "third"}) {
    registry.Register(name, [] { return absl::InternalError("no"); });
  }
  registry.Drain();
  finalize::SetFailureReporter(nullptr);
  // A drain runs the newest first.
  EXPECT_THAT(passed_on, testing::ElementsAre("third", "second", "first"));
  EXPECT_EQ(failures.added(), 3u);
  DebugOptions options;
  options.failures = &failures;
  const ProcessState state = InspectProcess(options);
  ASSERT_EQ(state.failures.size(), 2u);
  EXPECT_EQ(state.failures[0].entry.name, "first");
  EXPECT_EQ(state.failures[1].entry.name, "second");
  EXPECT_THAT(DebugText(state), AllOf(HasSubstr("failures reported: 3,"),
                                      HasSubstr("  and 1 more\n")));
}

// Without another reporter, the library's own one writes the line.
TEST(FailureLogTest, PassesOnToTheDefaultReporter) {
  {
    FailureLog failures;
    failures.Install();
  }  // the reporter outlives it
  testing::internal::CaptureStderr();
  finalize::Registry registry;
  registry.Register("fails", [] { return absl::InternalError("no"); });
  registry.Drain();
  finalize::SetFailureReporter(nullptr);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("finalize: #"), HasSubstr("\"fails\"")));
}

}  // namespace
