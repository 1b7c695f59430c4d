// SPDX-License-Identifier: Apache-2.0

// What the comparison comes to, in sentences that are computed from its cells.
#ifndef EXAMPLES_COMPARE_PRINT_SUMMARY_H_
#define EXAMPLES_COMPARE_PRINT_SUMMARY_H_

#include <string>
#include <vector>

#include "examples/compare/play/comparison.h"

namespace compare {

// Returns, for each column, in how many ways of ending it left something
// behind, and which these are. Ways that every column shares stand in a
// sentence of their own, and so do those in which a child took the directory
// from its parent, and those that this machine does not play.
std::vector<std::string> Summarize(const Comparison& comparison);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_SUMMARY_H_
