// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/scenarios/scenario.h"

#include <cstdlib>

#include "examples/compare/scenarios/other_columns.h"
#include "examples/compare/scenarios/scenario_groups.h"

namespace compare {
namespace {

const Expectation* FindOther(const Scenario& scenario,
                             std::string_view column) {
  for (const auto& expectations : {MkdtempExpectations(), PythonExpectations(),
                                   RustExpectations(), GoExpectations()}) {
    for (const OtherExpectation& other : expectations) {
      if (other.scenario == std::string_view(scenario.name) &&
          other.expectation.column == column) {
        return &other.expectation;
      }
    }
  }
  return nullptr;
}

const Expectation* Find(const Scenario& scenario, std::string_view column) {
  if (const Expectation* other = FindOther(scenario, column)) return other;
  for (const Expectation& expectation : scenario.expectations) {
    if (expectation.column == nullptr) break;
    if (expectation.column == column) return &expectation;
  }
  return nullptr;
}

}  // namespace

const std::vector<Group>& AllGroups() {
  static const auto& groups = *new std::vector<Group>{
      OrdinaryEnds(), ProcessExits(), Signals(), Crashes(),
      Forks(),        Ownership(),    Trouble(), Containers(),
  };
  return groups;
}

const Scenario* FindScenario(std::string_view name) {
  for (const Group& group : AllGroups()) {
    for (const Scenario& scenario : group.scenarios) {
      if (scenario.name == name) return &scenario;
    }
  }
  return nullptr;
}

const Expectation& ExpectationFor(const Scenario& scenario,
                                  const Column& column) {
  for (const Column* c = &column; c != nullptr; c = FindColumn(c->extends)) {
    if (const Expectation* found = Find(scenario, c->id)) return *found;
  }
  const Expectation* found =
      column.style == Style::kOtherLanguage ? nullptr : Find(scenario, "");
  if (found == nullptr) std::abort();  // a scenario covers every column
  return *found;
}

}  // namespace compare
