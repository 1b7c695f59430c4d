// SPDX-License-Identifier: Apache-2.0

// The process under test: plays one scenario in one column.
#ifndef EXAMPLES_COMPARE_PLAY_CHILD_H_
#define EXAMPLES_COMPARE_PLAY_CHILD_H_

#include <string>
#include <vector>

#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/scenario.h"

namespace compare {

// Returns the arguments, without the program's name, by which this program
// plays `scenario`. `command` is the one of a column in another language, which
// is then run in the scenario's place.
std::vector<std::string> ChildArguments(
    const Scenario& scenario, const Column& column, const std::string& fill,
    const std::vector<std::string>& command = {});

// Whether main was called by such arguments.
bool IsChild(int argc, char** argv);

// Plays it. Returns the exit status of main, if the scenario does.
int RunChild(int argc, char** argv);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PLAY_CHILD_H_
