// SPDX-License-Identifier: Apache-2.0

// For the tests of a program that uses finalize: simulated ends of a process, a
// clock that can be put forward, matchers for reports, and a check that no test
// leaves finalizers behind.
//
//   TEST(SpoolTest, KeepsTheJournalAtSigterm) {
//     finalize::Registry registry;
//     Spool spool(&registry);
//     finalize::Report report = finalize::testing::SimulateEnd(
//         registry, finalize::Cause(finalize::Cause::Kind::kSignal, SIGTERM));
//     EXPECT_THAT(report, finalize::testing::IsClean());
//     EXPECT_THAT(report, finalize::testing::Ran(2));
//   }
//
// Not for programs: the target is testonly and needs GoogleTest.
#ifndef FINALIZE_TESTING_H_
#define FINALIZE_TESTING_H_

#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "finalize/cause.h"
#include "finalize/export.h"
#include "finalize/process_end.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "gmock/gmock.h"

namespace finalize::testing {

// Does to `registry` what the end of the process, of a thread or of a module
// does to its finalizers, and returns the report. The callbacks get `cause`:
// kExit, kQuickExit, kTerminate, Cause(kSignal, n), kThreadExit or
// kModuleUnload.
//
// If `cause` is an end of the process, finalizers that at_exit = false skips,
// and those that the deadline leaves, are then destroyed without running,
// except those that wait for the destruction of an object. `options` have the
// same effect as in an exit drain, except the exit code and the watchdog.
//
// The process does not end: static objects are not destroyed, and no other
// thread is blocked. A callback that calls exit() ends the test.
FINALIZE_EXPORT Report SimulateEnd(Registry& registry, const Cause& cause,
                                   const ExitOptions& options = {});

// SimulateEnd with cause kExit.
FINALIZE_EXPORT Report SimulateExit(Registry& registry,
                                    const ExitOptions& options = {});

// While a FakeClock exists, drains use it for their deadlines, limits and
// durations, and InFlight for its waits. It is the real clock, put forward by
// Advance(). Nothing else uses it: not ages, not Finalizer::Wait(), not the
// watchdog of the exit drain.
//
//   finalize::testing::FakeClock clock;
//   registry.Register([] {});  // has no time left
//   registry.Register([&] { clock.Advance(absl::Hours(1)); });  // "hangs"
//   EXPECT_TRUE(SimulateExit(registry).deadline_exceeded);
//
// A drain that waits for another thread notices a change within a few
// milliseconds. There may be one FakeClock at a time; a second one ends the
// process with a message.
// Thread-safe, except: construction and destruction.
class FakeClock {
 public:
  FINALIZE_EXPORT FakeClock();
  FINALIZE_EXPORT ~FakeClock();
  FakeClock(const FakeClock&) = delete;
  FakeClock& operator=(const FakeClock&) = delete;

  FINALIZE_EXPORT void Advance(absl::Duration duration);
  // For DrainOptions::deadline.
  FINALIZE_EXPORT absl::Time Now() const;
};

// Matchers for a Report. The argument is a number or a matcher of numbers:
//   EXPECT_THAT(report, Ran(Ge(2)));
MATCHER_P(Ran, count, "") {
  return ::testing::ExplainMatchResult(count, arg.ran, result_listener);
}
MATCHER_P(Failed, count, "") {
  return ::testing::ExplainMatchResult(count, arg.failed, result_listener);
}
MATCHER_P(Left, count, "") {
  return ::testing::ExplainMatchResult(count, arg.left, result_listener);
}
MATCHER_P(StillRunning, count, "") {
  return ::testing::ExplainMatchResult(count, arg.running, result_listener);
}
// Matches if every callback ran, and none failed or was left.
MATCHER(IsClean, "") {
  *result_listener << arg.ToString();
  return arg.status().ok() && arg.failed == 0 && arg.left == 0 &&
         arg.running == 0;
}
// What HasEntry matches.
FINALIZE_EXPORT bool ReportHasEntry(const Report& report, std::string_view name,
                                    ReportEntry::Outcome outcome);
// Matches if an entry with that name has that outcome. A callback that
// succeeded has an entry only with DrainOptions::Entries::kAll.
MATCHER_P2(HasEntry, name, outcome, "") {
  *result_listener << arg.ToString();
  return ReportHasEntry(arg, name, outcome);
}

// After this call, a test fails if it leaves finalizers pending, in the process
// registry or on a weak reference (weak_ref.h), that were not pending when it
// began. Each such finalizer gives a failure that names it, at its place. Those
// for which `expected` returns true are allowed: for example what the first
// test that needs it registers once.
//
//   int main(int argc, char** argv) {
//     testing::InitGoogleTest(&argc, argv);
//     finalize::testing::FailTestsThatLeaveFinalizers();
//     return RUN_ALL_TESTS();
//   }
//
// Call it once, before the tests run.
FINALIZE_EXPORT void FailTestsThatLeaveFinalizers(
    absl::AnyInvocable<bool(const Info&) const> expected = nullptr);

}  // namespace finalize::testing

#endif  // FINALIZE_TESTING_H_
