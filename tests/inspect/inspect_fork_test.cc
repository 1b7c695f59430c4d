// SPDX-License-Identifier: Apache-2.0

// Observers and counters where processes fork (contract C21, C26).
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/inspect.h"
#include "finalize/observer.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/forked.h"

namespace {

using finalize::Counters;
using finalize::Options;
using finalize::Registry;
using finalize::ReportEntry;
using finalize_test::Forked;

// The status of a child that ends so; 97 if it could not be forked.
int StatusOf(pid_t child) {
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return 97;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

// Returns the first of `facts` that does not hold in a child, from 1; 0 if all
// do.
int FirstWrongInChild(const std::function<int()>& facts) {
  const pid_t child = Forked(fork());
  if (child == 0) _exit(facts());
  return StatusOf(child);
}

// C21, C26: in a child, what it inherited is inherited and nothing else; its
// own count from zero.
TEST(InspectForkTest, InheritedOnesAreForeign) {
  Registry registry;
  registry.Register([] {});
  registry.Register(Options().set_phase(2), [] {});
  registry.Register([] {}).Run();
  auto at_exit = finalize::AtExit([] {});
  EXPECT_EQ(FirstWrongInChild([&] {
              if (finalize::Count().inherited != 3) return 1;
              const Counters inherited = finalize::Count(registry);
              if (inherited.inherited != 2) return 2;
              if (inherited.registered != 0 || inherited.run != 0) return 3;
              if (!finalize::PendingByPlace().empty()) return 4;
              if (!finalize::PendingByAge(9).empty()) return 5;
              registry.Register([] {}).Run();
              const Counters own = finalize::Count(registry);
              if (own.registered != 1 || own.run != 1) return 6;
              if (own.inherited != 2) return 7;
              return 0;
            }),
            0);
  EXPECT_EQ(finalize::Count(registry).inherited, 0u);
  at_exit.Detach();
}

// C21, C26: a registry that a child makes begins at zero, in whatever memory.
TEST(InspectForkTest, NewRegistryOfAChildBeginsAtZero) {
  {
    Registry gone;
    gone.Register([] {});
  }
  EXPECT_EQ(FirstWrongInChild([] {
              Registry registry;
              const Counters counters = finalize::Count(registry);
              if (counters.registered != 0) return 1;
              if (counters.inherited != 0) return 2;
              registry.Register([] {});
              return finalize::Count(registry).registered == 1 ? 0 : 3;
            }),
            0);
}

// C21, C26: what runs in the parent does not run in the child.
TEST(InspectForkTest, NothingInheritedRuns) {
  Registry registry;
  int wrong = 96;
  registry.Register([&] {
    wrong =
        FirstWrongInChild([] { return finalize::Running().empty() ? 0 : 1; });
  });
  registry.Drain();
  EXPECT_EQ(wrong, 0);
}

// C21: the child of an observer that forks does not run the callback, neither
// in a drain nor by Run().
TEST(InspectForkTest, ChildOfTheObserverRunsNothing) {
  bool in_child = false;
  int status = 96;
  int runs = 0;
  finalize::SetObserver({[&](const ReportEntry&) {
                           const pid_t child = Forked(fork());
                           in_child = child == 0;
                           if (!in_child) status = StatusOf(child);
                         },
                         nullptr});
  Registry registry;
  registry.Register([&] { ++runs; });
  registry.Drain();
  if (in_child) _exit(runs);
  EXPECT_EQ(status, 0);
  status = 96;
  const auto f = registry.Register([&] { return ++runs; });
  const bool ran = f.Run().has_value();
  if (in_child) _exit(ran || runs != 1 ? 1 : 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(ran);
  EXPECT_EQ(runs, 2);
  finalize::SetObserver({});
}

// C21: the child of a callback that forks is not told of its end; what the
// child registers itself is observed.
TEST(InspectForkTest, ChildOfACallbackHearsOfItsOwn) {
  std::string heard;
  bool in_child = false;
  int status = 96;
  finalize::SetObserver(
      {nullptr, [&](const ReportEntry& entry) { heard += entry.name; }});
  Registry registry;
  registry.Register(Options("forks"), [&] {
    const pid_t child = Forked(fork());
    in_child = child == 0;
    if (!in_child) status = StatusOf(child);
  });
  registry.Drain();
  if (in_child) {
    registry.Register(Options("own"), [] {}).Run();
    _exit(heard == "own" ? 0 : 1);
  }
  EXPECT_EQ(status, 0);
  EXPECT_EQ(heard, "forks");
  finalize::SetObserver({});
}

}  // namespace
