// The scenarios themselves, a group a function.
#ifndef EXAMPLES_COMPARE_SCENARIO_GROUPS_H_
#define EXAMPLES_COMPARE_SCENARIO_GROUPS_H_

#include "examples/compare/scenario.h"

namespace compare {

Group OrdinaryEnds();
Group ProcessExits();
Group Signals();
Group Crashes();
Group Forks();
Group Ownership();
Group Trouble();

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SCENARIO_GROUPS_H_
