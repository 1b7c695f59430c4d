// SPDX-License-Identifier: Apache-2.0

// Which scenarios --only means, which columns --columns means, and what --list
// prints.
#ifndef EXAMPLES_COMPARE_SCENARIOS_SELECTION_H_
#define EXAMPLES_COMPARE_SCENARIOS_SELECTION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/scenario.h"

namespace compare {

// Returns, in the order of the table, the scenarios that a pattern matches:
// the name of a scenario or of a group, or a glob ("sig*"). All of them where
// there are no patterns. A pattern that matches nothing is InvalidArgument.
absl::StatusOr<std::vector<const Scenario*>> SelectScenarios(
    const std::vector<std::string>& patterns);

// The same for columns, by a glob of their id, or of "own" or "others". Without
// patterns, those that are not on request.
absl::StatusOr<std::vector<const Column*>> SelectColumns(
    const std::vector<std::string>& patterns);

// Returns one line for each scenario, with its name and title, under its group.
std::string ListScenarios(const std::vector<const Scenario*>& scenarios);

// Returns the group that `scenario` is in.
const Group& GroupOf(const Scenario& scenario);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SCENARIOS_SELECTION_H_
