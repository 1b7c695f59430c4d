// SPDX-License-Identifier: Apache-2.0

// The failure reporter (contract C14).
#include "finalize/failure_reporter.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "finalize/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/latch.h"

namespace {

using finalize::FailureReporter;
using finalize::Options;
using finalize::Registry;
using finalize::ReportEntry;
using finalize::SetFailureReporter;
using finalize_test::CapturedFailures;
using finalize_test::Latch;
using testing::HasSubstr;
using testing::MatchesRegex;

void FailOnce() {
  Registry registry;
  registry.Register(Options("failing").set_place({"f.cc", 7}),
                    [] { return absl::InternalError("why"); });
}

// C14: by default one line goes to standard error.
TEST(FailureReporterTest, DefaultWritesOneLine) {
  testing::internal::CaptureStderr();
  FailOnce();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              MatchesRegex("finalize: #[0-9]+ phase 0 f.cc:7 \"failing\" .* "
                           "failed on drain: INTERNAL: why\n"));
}

// It is replaced and given back; empty stands for the default one.
TEST(FailureReporterTest, SetReturnsTheOneBefore) {
  int calls = 0;
  EXPECT_EQ(SetFailureReporter([&](const ReportEntry&) { ++calls; }), nullptr);
  FailOnce();
  EXPECT_EQ(calls, 1);
  FailureReporter old = SetFailureReporter(nullptr);
  ASSERT_NE(old, nullptr);
  old(ReportEntry());
  EXPECT_EQ(calls, 2);  // it is the one that was set
  testing::internal::CaptureStderr();
  FailOnce();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("failing"));
  EXPECT_EQ(calls, 2);
}

// It need not be copyable: one may own what it writes to.
TEST(FailureReporterTest, MayBeMoveOnly) {
  int calls = 0;
  SetFailureReporter([owned = std::make_unique<int>(3),
                      &calls](const ReportEntry&) { calls += *owned; });
  FailOnce();
  FailureReporter old = SetFailureReporter(nullptr);
  old(ReportEntry());
  EXPECT_EQ(calls, 6);
}

// Setting and giving back any number of times leaves the one that was there.
TEST(FailureReporterTest, IsGivenBack) {
  int calls = 0;
  SetFailureReporter([&](const ReportEntry&) { ++calls; });
  for (int i = 0; i < 3; ++i) {
    FailureReporter old = SetFailureReporter([](const ReportEntry&) {});
    SetFailureReporter(old);
  }
  FailOnce();
  EXPECT_EQ(calls, 1);
  SetFailureReporter(nullptr);
}

// It is called on the thread on which the failure came up.
TEST(FailureReporterTest, IsCalledOnTheFailingThread) {
  std::thread::id called_on;
  SetFailureReporter(
      [&](const ReportEntry&) { called_on = std::this_thread::get_id(); });
  std::thread thread([&] {
    FailOnce();
    EXPECT_EQ(called_on, std::this_thread::get_id());
  });
  thread.join();
  SetFailureReporter(nullptr);
}

// It holds no lock: it may register, run, detach, drain, and set a reporter.
TEST(FailureReporterTest, MayUseTheLibrary) {
  Registry registry;
  int runs = 0;
  SetFailureReporter([&](const ReportEntry&) {
    registry.Register([&] { ++runs; }).Run();
    registry.Register([&] { ++runs; }).Detach();
    registry.Register([&] { ++runs; });
    registry.Drain();
    SetFailureReporter(nullptr);
  });
  FailOnce();
  EXPECT_EQ(runs, 2);
}

// C10: what it registers in the drain that failed runs in that drain.
TEST(FailureReporterTest, MayRegisterInTheDrain) {
  Registry registry;
  int runs = 0;
  SetFailureReporter(
      [&](const ReportEntry&) { registry.Register([&] { ++runs; }); });
  registry.Register([] { throw 1; });
  EXPECT_EQ(registry.Drain().ran, 1u);
  EXPECT_EQ(runs, 1);
  SetFailureReporter(nullptr);
}

// An exception that it throws is dropped; the failure is not.
TEST(FailureReporterTest, ThrowingReporterLosesNothing) {
  SetFailureReporter([](const ReportEntry&) { throw 1; });
  testing::internal::CaptureStderr();
  FailOnce();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("failing"));
  SetFailureReporter(nullptr);
}

// A failure inside it goes to the default reporter: no recursion.
TEST(FailureReporterTest, FailureInsideGoesToTheDefault) {
  int calls = 0;
  SetFailureReporter([&](const ReportEntry&) {
    ++calls;
    FailOnce();
  });
  testing::internal::CaptureStderr();
  FailOnce();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("failing"));
  EXPECT_EQ(calls, 1);
  FailOnce();
  EXPECT_EQ(calls, 2);  // and it is back in its place
  SetFailureReporter(nullptr);
}

// A reporter that is replaced while another thread is in it stays whole.
TEST(FailureReporterTest, ReplacedReporterFinishes) {
  Latch entered, replaced;
  auto held = std::make_shared<int>(5);
  int seen = 0;
  SetFailureReporter([&seen, &entered, &replaced, held](const ReportEntry&) {
    entered.CountDown();
    replaced.Wait();
    seen = *held;
  });
  std::thread thread(FailOnce);
  entered.Wait();
  SetFailureReporter(nullptr);
  replaced.CountDown();
  thread.join();
  EXPECT_EQ(seen, 5);
  EXPECT_EQ(held.use_count(), 1);  // destroyed when nobody used it any more
}

// C14: many threads at once.
TEST(FailureReporterTest, ManyThreadsReportAtOnce) {
  CapturedFailures failures;
  Latch start(4);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      start.Arrive();
      for (int n = 0; n < 50; ++n) FailOnce();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures.size(), 200u);
}

}  // namespace
