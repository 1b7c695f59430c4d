// The scenarios themselves: a table a group, in a source of its own.
#ifndef EXAMPLES_COMPARE_SCENARIOS_SCENARIO_GROUPS_H_
#define EXAMPLES_COMPARE_SCENARIOS_SCENARIO_GROUPS_H_

#include "examples/compare/scenarios/scenario.h"
#include "examples/compare/subject/reaper.h"

namespace compare {

// Where the process itself removes nothing.
inline constexpr Expectation kReaperProcessDoes = {
    "reaper", kByReaperProcess,
    "The kernel drops the lock of the process's root, the reaper process wakes "
    "up, proves that nobody holds it, and removes it."};
inline constexpr Expectation kNextStartDoes = {
    "restart", kAtNextStart,
    "The next process of this user that makes a temp dir there finds the root "
    "unlocked, and removes it."};

Group OrdinaryEnds();
Group ProcessExits();
Group Signals();
Group Crashes();
Group Forks();
Group Ownership();
Group Trouble();

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SCENARIOS_SCENARIO_GROUPS_H_
