// SPDX-License-Identifier: Apache-2.0

#include "finalize/testing.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "finalize/internal/base/check.h"
#include "finalize/internal/base/drain_clock.h"
#include "finalize/internal/drain/registry_contents.h"
#include "finalize/internal/inspect/finalizer_ops.h"
#include "finalize/internal/inspect/pending_walk.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/process_core.h"
#include "gtest/gtest.h"

namespace finalize::testing {
namespace {

using finalize_internal::NodeRef;

class PendingListener : public ::testing::EmptyTestEventListener {
 public:
  explicit PendingListener(absl::AnyInvocable<bool(const Info&) const> expected)
      : expected_(std::move(expected)) {}

  void OnTestStart(const ::testing::TestInfo&) override {
    before_.clear();
    for (const NodeRef& ref : Pending()) {
      before_.insert({ref.node, ref.generation});
    }
  }

  void OnTestEnd(const ::testing::TestInfo&) override {
    for (const NodeRef& ref : Pending()) {
      if (before_.count({ref.node, ref.generation}) != 0) continue;
      std::optional<Info> info;
      if (!finalize_internal::Peek(ref, &info)) continue;
      if (expected_ != nullptr && expected_(*info)) continue;
      ADD_FAILURE_AT(info->place.file != nullptr ? info->place.file : "?",
                     info->place.line)
          << "the test leaves a finalizer pending: " << info->ToString();
    }
  }

 private:
  static std::vector<NodeRef> Pending() {
    std::vector<NodeRef> pending =
        finalize_internal::PendingOf(finalize_internal::ProcessCore());
    for (const NodeRef& ref : finalize_internal::PendingOf(
             finalize_internal::OtherCoreAt(finalize_internal::kWeakCoreId))) {
      pending.push_back(ref);
    }
    return pending;
  }

  const absl::AnyInvocable<bool(const Info&) const> expected_;
  std::set<std::pair<const finalize_internal::Node*, uint64_t>> before_;
};

}  // namespace

Report SimulateEnd(Registry& registry, const Cause& cause,
                   const ExitOptions& options) {
  DrainOptions drain;
  drain.cause = cause;
  drain.threads = options.threads;
  drain.phase_limit = options.phase_limit;
  // By the fake clock, where there is one.
  drain.deadline = absl::Now() + options.deadline +
                   absl::Nanoseconds(static_cast<int64_t>(
                       finalize_internal::drain_clock_ahead.load(
                           std::memory_order_relaxed)));
  Report report = registry.Drain(drain);
  if (cause.IsProcessEnd()) {
    finalize_internal::DestroyPending(
        finalize_internal::RegistryAccess::CoreOf(registry),
        finalize_internal::DestroyScope::kWithoutLifetime);
  }
  return report;
}

Report SimulateExit(Registry& registry, const ExitOptions& options) {
  return SimulateEnd(registry, Cause::Kind::kExit, options);
}

FakeClock::FakeClock() {
  finalize_internal::Check(
      !finalize_internal::drain_clock_is_fake.exchange(true),
      "there is a FakeClock already");
}

FakeClock::~FakeClock() {
  finalize_internal::drain_clock_ahead.store(0);
  finalize_internal::drain_clock_is_fake.store(false);
}

void FakeClock::Advance(absl::Duration duration) {
  finalize_internal::drain_clock_ahead.fetch_add(
      static_cast<uint64_t>(absl::ToInt64Nanoseconds(duration)));
}

absl::Time FakeClock::Now() const {
  return absl::Now() + absl::Nanoseconds(static_cast<int64_t>(
                           finalize_internal::drain_clock_ahead.load()));
}

bool ReportHasEntry(const Report& report, std::string_view name,
                    ReportEntry::Outcome outcome) {
  return std::any_of(report.entries.begin(), report.entries.end(),
                     [&](const ReportEntry& entry) {
                       return entry.name == name && entry.outcome == outcome;
                     });
}

void FailTestsThatLeaveFinalizers(
    absl::AnyInvocable<bool(const Info&) const> expected) {
  ::testing::UnitTest::GetInstance()->listeners().Append(
      new PendingListener(std::move(expected)));
}

}  // namespace finalize::testing
