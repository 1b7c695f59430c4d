// SPDX-License-Identifier: Apache-2.0

// Cell: what came of one scenario in one column.
#ifndef EXAMPLES_COMPARE_PLAY_CELL_H_
#define EXAMPLES_COMPARE_PLAY_CELL_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "examples/compare/play/process.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/scenario.h"
#include "examples/compare/subject/content.h"

namespace compare {

struct Cell {
  // kNoResult: it reached the time limit, or never made a temp dir.
  // kNotPlayed: the column does not have this way of ending, or this machine
  // refuses what the scenario needs.
  enum Outcome { kRemoved, kLeft, kNoResult, kNotPlayed };
  Outcome outcome() const {
    if (expected != nullptr && expected->absent) return kNotPlayed;
    if (!refusal.empty()) return kNotPlayed;
    if (process.killed) return kNoResult;
    if (!content.empty()) return kLeft;
    return stage.empty() ? kNoResult : kRemoved;
  }
  bool left() const { return outcome() == kLeft; }
  // Whether a child removed it while its parent, in `scenario`, still used it.
  bool taken(const Scenario& scenario) const {
    return outcome() == kRemoved && stage == scenario.taken;
  }

  const Column* column = nullptr;
  const Expectation* expected = nullptr;
  ProcessResult process;
  // What was left when everything was over.
  Content content;
  // If nothing was left: the stage in which it was removed, and at most how
  // long after the beginning of that stage.
  std::string stage;
  absl::Duration after;
  // Why it was not played; empty where it was.
  std::string refusal;
  // What is not as expected, in words; empty where all is.
  std::vector<std::string> problems;
};

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PLAY_CELL_H_
