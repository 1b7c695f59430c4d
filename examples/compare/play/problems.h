// SPDX-License-Identifier: Apache-2.0

// What is not as expected in a cell.
#ifndef EXAMPLES_COMPARE_PLAY_PROBLEMS_H_
#define EXAMPLES_COMPARE_PLAY_PROBLEMS_H_

#include <string>
#include <vector>

#include "examples/compare/play/cell.h"
#include "examples/compare/scenarios/scenario.h"

namespace compare {

// Returns one entry for each difference from what is expected: on disk, in the
// way the process ended, on standard output and standard error.
std::vector<std::string> FindProblems(const Scenario& scenario,
                                      const Cell& cell);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PLAY_PROBLEMS_H_
