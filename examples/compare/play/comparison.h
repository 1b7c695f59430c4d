// SPDX-License-Identifier: Apache-2.0

// Comparison: every scenario played in every column, and what came of it.
#ifndef EXAMPLES_COMPARE_PLAY_COMPARISON_H_
#define EXAMPLES_COMPARE_PLAY_COMPARISON_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "examples/compare/play/cell.h"
#include "examples/compare/play/others.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/scenario.h"

namespace compare {

struct Row {
  const Scenario* scenario = nullptr;
  std::vector<Cell> cells;  // one for each column
};

struct Comparison {
  std::vector<const Column*> columns;
  // Sentences on columns that were left out, and why.
  std::vector<std::string> left_out;
  std::vector<Row> rows;
};

// Returns the part of `comparison` that has the library's own columns, or the
// others.
Comparison WithColumns(const Comparison& comparison, bool own);

struct ComparisonOptions {
  std::vector<const Scenario*> scenarios;
  std::vector<const Column*> columns;
  // This program, which plays the scenarios, and those of other languages.
  std::string program;
  Others others;
  // Where it makes what it needs, and removes it.
  std::string directory;
  // The tree that each temp dir gets a copy of; "" for three small files.
  std::string fill;
  int jobs = 1;
  absl::Duration limit = absl::Minutes(2);
  // Called when a cell begins, with how many have ended; on one thread at a
  // time. May be empty.
  std::function<void(const Scenario&, const Column&, size_t)> progress;
};

// Plays the scenarios. An error is one of the tool's; what goes wrong in a
// scenario is in its cell.
absl::StatusOr<Comparison> Compare(const ComparisonOptions& options);

// Returns one line for each problem of each cell.
std::vector<std::string> AllProblems(const Comparison& comparison);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PLAY_COMPARISON_H_
