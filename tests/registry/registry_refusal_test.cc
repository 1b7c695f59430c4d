// SPDX-License-Identifier: Apache-2.0

// What a registry refuses (contract C14, C20).
#include <memory>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"

namespace {

using finalize::Cause;
using finalize::Finalizer;
using finalize::IfClosed;
using finalize::Options;
using finalize::Registry;
using finalize::ReportEntry;
using finalize_test::CapturedFailures;

// C20: a sealed registry refuses: a dead handle, and a report.
TEST(RegistryRefusalTest, SealedRefusesWithAReport) {
  CapturedFailures failures;
  Registry registry;
  registry.Seal();
  auto bound = std::make_shared<int>();
  bool ran = false;
  const int line = __LINE__ + 1;
  const Options options = Options("late").set_phase(4);
  auto f = registry.Register(
      options, [&](const std::shared_ptr<int>&) { ran = true; }, bound);
  EXPECT_FALSE(f.alive());
  EXPECT_FALSE(f.Run());
  EXPECT_FALSE(ran);
  EXPECT_EQ(bound.use_count(), 1);  // destroyed at once
  EXPECT_EQ(registry.size(), 0u);
  ASSERT_EQ(failures.size(), 1u);
  const ReportEntry entry = failures.at(0);
  EXPECT_EQ(entry.outcome, ReportEntry::Outcome::kRefused);
  EXPECT_EQ(entry.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(entry.name, "late");
  EXPECT_EQ(entry.phase, 4);
  EXPECT_EQ(entry.place.line, line);
}

// C20: sealing leaves what is pending as it is.
TEST(RegistryRefusalTest, SealedStillDrains) {
  int runs = 0;
  Registry registry;
  registry.Register([&] { ++runs; });
  registry.Seal();
  registry.Seal();  // again: no change
  EXPECT_EQ(registry.size(), 1u);
  EXPECT_EQ(registry.Drain().ran, 1u);
  EXPECT_EQ(runs, 1);
}

// C20: what a callback of a sealed registry registers in its drain is refused
// like everything else.
TEST(RegistryRefusalTest, SealedRefusesItsOwnCallbacks) {
  CapturedFailures failures;
  Registry registry;
  bool ran = false;
  registry.Register([&] { registry.Register([&] { ran = true; }); });
  registry.Seal();
  registry.Drain();
  EXPECT_FALSE(ran);
  EXPECT_EQ(failures.size(), 1u);
}

// C20: finalizers on a lifetime still run when it ends.
TEST(RegistryRefusalTest, SealedStillRunsAtTheEndOfALifetime) {
  int runs = 0;
  Registry registry;
  {
    finalize::Lifetime lifetime;
    registry.OnDestroy(lifetime, {}, [&] { ++runs; });
    registry.Seal();
  }
  EXPECT_EQ(runs, 1);
}

// C20: if_closed = run now.
TEST(RegistryRefusalTest, SealedRunsNowIfAsked) {
  CapturedFailures failures;
  Registry registry;
  registry.Seal();
  std::thread::id thread;
  Cause cause = Cause::Kind::kCall;
  auto bound = std::make_shared<int>();
  auto f = registry.Register(
      Options().set_if_closed(IfClosed::kRunNow),
      [&](const Cause& c, const std::shared_ptr<int>&) {
        thread = std::this_thread::get_id();
        cause = c;
      },
      bound);
  EXPECT_FALSE(f.alive());
  EXPECT_EQ(thread, std::this_thread::get_id());  // on the calling thread
  EXPECT_EQ(cause, Cause::Kind::kClosed);
  EXPECT_EQ(bound.use_count(), 1);
  EXPECT_EQ(failures.size(), 0u);
}

// C14, C20: what fails when it runs at once is reported.
TEST(RegistryRefusalTest, FailureOfARunNowIsReported) {
  CapturedFailures failures;
  Registry registry;
  registry.Seal();
  const Options run_now = Options("now").set_if_closed(IfClosed::kRunNow);
  registry.Register(run_now, [] { throw 1; });
  registry.Register(run_now, [] { return absl::AbortedError("no"); });
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures.at(0).outcome, ReportEntry::Outcome::kFailed);
  EXPECT_EQ(failures.at(0).cause, Cause::Kind::kClosed);
  EXPECT_EQ(failures.at(1).status, absl::AbortedError("no"));
}

// C20: TryRegister returns the status, and neither runs nor reports.
TEST(RegistryRefusalTest, TryRegisterSaysWhy) {
  CapturedFailures failures;
  Registry registry;
  absl::StatusOr<Finalizer<int>> good = registry.TryRegister(
      {}, [](int n) { return n; }, 6);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->Run(), 6);
  registry.Seal();
  bool ran = false;
  auto bound = std::make_shared<int>();
  auto bad = registry.TryRegister(
      Options().set_if_closed(IfClosed::kRunNow),
      [&](const std::shared_ptr<int>&) { ran = true; }, bound);
  EXPECT_EQ(bad.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(ran);
  EXPECT_EQ(bound.use_count(), 1);
  EXPECT_EQ(failures.size(), 0u);
}

// C20: the process registry can be sealed; its lifetimes still end well. In a
// process of its own, since sealing is for good.
TEST(RegistryRefusalTest, SealedProcessRegistryRefuses) {
  EXPECT_EXIT(
      {
        finalize::Lifetime lifetime;
        int runs = 0;
        auto f = Registry::Process().OnDestroy(lifetime, {}, [&] { ++runs; });
        Registry::Process().Seal();
        auto refused = Registry::Process().TryRegister({}, [] {});
        { finalize::Lifetime ended = std::move(lifetime); }
        _exit(!refused.ok() && runs == 1 && !f.alive() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
