// SPDX-License-Identifier: Apache-2.0

// The scenarios themselves: one table for each group, each in its own source.
#ifndef EXAMPLES_COMPARE_SCENARIOS_SCENARIO_GROUPS_H_
#define EXAMPLES_COMPARE_SCENARIOS_SCENARIO_GROUPS_H_

#include "examples/compare/scenarios/scenario.h"
#include "examples/compare/subject/reaper.h"

namespace compare {

// For scenarios in which the process itself removes nothing.
inline constexpr Expectation kReaperProcessDoes = {
    "reaper", kByReaperProcess,
    "The reaper process wakes when the process has ended. It proves that no "
    "process holds the lock of the directory, and removes it."};
inline constexpr Expectation kNextStartDoes = {
    "restart", kAtNextStart,
    "The next process of this user that creates a temp dir there finds the "
    "directory of the dead process unlocked, and removes it."};

Group OrdinaryEnds();
Group ProcessExits();
Group Signals();
Group Crashes();
Group Forks();
Group Ownership();
Group Containers();
Group Trouble();

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SCENARIOS_SCENARIO_GROUPS_H_
