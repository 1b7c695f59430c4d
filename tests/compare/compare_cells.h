// SPDX-License-Identifier: Apache-2.0

// Results of compare_tempdirs that a test makes up.
#ifndef TESTS_COMPARE_COMPARE_CELLS_H_
#define TESTS_COMPARE_COMPARE_CELLS_H_

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "examples/compare/play/cell.h"
#include "examples/compare/play/comparison.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/scenario.h"
#include "examples/compare/scenarios/selection.h"

namespace compare_test {

inline const compare::Scenario& Named(const char* name) {
  return *compare::FindScenario(name);
}

// What `scenario` gives in `column` if all is as expected.
inline compare::Cell ExpectedCell(const compare::Scenario& scenario,
                                  const compare::Column& column) {
  compare::Cell cell;
  cell.column = &column;
  cell.expected = &compare::ExpectationFor(scenario, column);
  cell.process.ending = cell.expected->ending.value_or(scenario.ending);
  cell.process.errors =
      cell.expected->says != nullptr ? cell.expected->says : scenario.says;
  if (cell.expected->left()) {
    cell.content = {3, 2, 12288};
  } else if (!cell.expected->absent) {
    cell.stage = cell.expected->stage;
    cell.after = absl::Microseconds(400);
  }
  return cell;
}

inline compare::Cell DestructorCell(const char* scenario) {
  return ExpectedCell(Named(scenario), *compare::FindColumn("destructor"));
}

// All scenarios in `columns`, as expected.
inline compare::Comparison Expected(
    const std::vector<const compare::Column*>& columns) {
  compare::Comparison comparison;
  comparison.columns = columns;
  const auto all = compare::SelectScenarios({});
  for (const compare::Scenario* scenario : *all) {
    compare::Row& row = comparison.rows.emplace_back();
    row.scenario = scenario;
    for (const compare::Column* column : columns) {
      row.cells.push_back(ExpectedCell(*scenario, *column));
    }
  }
  return comparison;
}

inline compare::Comparison Expected() {
  return Expected(
      {compare::FindColumn("destructor"), compare::FindColumn("finalizer")});
}

inline compare::Cell& CellOf(compare::Comparison* comparison,
                             const std::string& scenario) {
  for (compare::Row& row : comparison->rows) {
    if (row.scenario->name == scenario) return row.cells[0];
  }
  abort();
}

// As expected, on a machine that refuses overlays.
inline compare::Comparison WithRefusals() {
  compare::Comparison comparison = Expected();
  for (const char* const name : {"overlay-exit", "overlay-sigkill"}) {
    CellOf(&comparison, name).refusal = "an overlay: Invalid argument";
  }
  return comparison;
}

}  // namespace compare_test

#endif  // TESTS_COMPARE_COMPARE_CELLS_H_
