// For the tests of a program that uses finalize: the ends of a process,
// simulated in this one; a clock that passes deadlines; matchers for reports;
// and a check that no test leaves finalizers behind.
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
// A testonly target, which needs GoogleTest. It is no part of the library: a
// program does not link it.
#ifndef FINALIZE_TESTING_H_
#define FINALIZE_TESTING_H_

#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "finalize/cause.h"
#include "finalize/info.h"
#include "finalize/process_end.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "gmock/gmock.h"

namespace finalize::testing {

// Does to a local registry what the end of the process, of a thread or of a
// module does to its own one, and returns what that reports. The callbacks see
// `cause`: kExit, kQuickExit, kTerminate, Cause(kSignal, n), kThreadExit,
// kModuleUnload.
//
// At a process end what at_exit = false skips, and what the deadline leaves, is
// destroyed unrun as well, but for what waits for the end of a lifetime.
// `options` count as in that drain, but for the exit code and the watchdog.
//
// It does not simulate that the process ends: static objects live on, and no
// other thread is blocked. A callback that calls exit() ends the test.
Report SimulateEnd(Registry& registry, const Cause& cause,
                   const ExitOptions& options = {});

// SimulateEnd of an exit().
Report SimulateExit(Registry& registry, const ExitOptions& options = {});

// While it lives, deadlines, limits and durations of drains count by it: the
// real clock, put forward by Advance(). Nothing else looks at it: not ages, not
// Finalizer::Wait(), not the watchdog of the exit drain.
//
//   finalize::testing::FakeClock clock;
//   registry.Register([&] { clock.Advance(absl::Hours(1)); });  // "hangs"
//   registry.Register([] {});
//   EXPECT_TRUE(SimulateExit(registry).deadline_exceeded);
//
// A drain that waits for another thread notices within a few milliseconds.
// Thread-safe, but for its construction and destruction. There may be one at a
// time; a second one ends the process with a message.
class FakeClock {
 public:
  FakeClock();
  ~FakeClock();
  FakeClock(const FakeClock&) = delete;
  FakeClock& operator=(const FakeClock&) = delete;

  void Advance(absl::Duration duration);
  // For DrainOptions::deadline.
  absl::Time Now() const;
};

// Matchers for a Report. A number or a matcher of numbers:
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
// Everything ran, and nothing failed or was left.
MATCHER(IsClean, "") {
  *result_listener << arg.ToString();
  return arg.status().ok() && arg.failed == 0 && arg.left == 0 &&
         arg.running == 0;
}
// An entry of that name has that outcome. One that succeeded has an entry only
// with DrainOptions::Entries::kAll.
bool ReportHasEntry(const Report& report, std::string_view name,
                    ReportEntry::Outcome outcome);
MATCHER_P2(HasEntry, name, outcome, "") {
  *result_listener << arg.ToString();
  return ReportHasEntry(arg, name, outcome);
}

// From now on each test of this program fails that leaves pending, in the
// process registry or on a weak reference (weak_ref.h), what was not pending
// when it began; a failure at the place of each one names it. Those of which
// `expected` is true do not count: what is registered once, on first use, by
// whichever test comes first.
//
//   int main(int argc, char** argv) {
//     testing::InitGoogleTest(&argc, argv);
//     finalize::testing::FailTestsThatLeaveFinalizers();
//     return RUN_ALL_TESTS();
//   }
//
// Call it once, before the tests run.
void FailTestsThatLeaveFinalizers(
    absl::AnyInvocable<bool(const Info&) const> expected = nullptr);

}  // namespace finalize::testing

#endif  // FINALIZE_TESTING_H_
