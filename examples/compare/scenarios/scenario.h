// SPDX-License-Identifier: Apache-2.0

// Scenario: one way in which the owner of a temp dir can end, and the expected
// outcome in each column.
//
// A scenario runs in a separate process. Its body creates a temp dir (owner.h),
// says before each step what happens next (stage.h), and ends the process in
// its particular way, or returns the exit status of main.
#ifndef EXAMPLES_COMPARE_SCENARIOS_SCENARIO_H_
#define EXAMPLES_COMPARE_SCENARIOS_SCENARIO_H_

#include <optional>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/ending.h"
#include "examples/compare/subject/place.h"

namespace compare {

// What is expected on disk at the end, and why.
struct Expectation {
  const char* column;  // the id of a Column; "" for all without one
  const char* stage;   // when it has to be removed; null: it is left
  const char* why;
  // The rest is for other languages. Absent: the language does not have this
  // way of ending, and `why` says so.
  bool absent = false;
  // How the process ends and what it says, where not as in the scenario.
  std::optional<Ending> ending = std::nullopt;
  const char* says = nullptr;

  bool left() const { return stage == nullptr && !absent; }
};

struct Bodies {
  int (*destructor)();
  int (*finalizer)();
  int (*mkdtemp)() = nullptr;  // null: the plain class does not have it
};

struct Scenario {
  const char* name;   // for --only
  const char* title;  // a few words
  const char* what;   // a sentence or two: what the program does
  Bodies bodies;
  Ending ending;
  // Those that are said; the rest has no column.
  Expectation expectations[4];
  // What standard error has to contain; "": it has to be empty.
  const char* says = "";
  // Where it is played; a machine may refuse that.
  Place place = Place::kAnyDirectory;
  // The stage in which a child that removes the directory takes it from its
  // parent, which still uses it; "" for none.
  const char* taken = "";
};

struct Group {
  const char* name;
  const char* title;
  absl::Span<const Scenario> scenarios;
};

// In the order of the table.
const std::vector<Group>& AllGroups();

// Returns null where there is none of that name.
const Scenario* FindScenario(std::string_view name);

// Returns what is expected of `scenario` in `column`: what is said about the
// column itself, else about the column that this one extends, else about all.
// What is said about all does not hold for other languages.
const Expectation& ExpectationFor(const Scenario& scenario,
                                  const Column& column);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SCENARIOS_SCENARIO_H_
