// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/scenarios/selection.h"

#include <fnmatch.h>

#include <algorithm>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace compare {
namespace {

// SIGTERM is what the table shows.
bool Matches(const std::string& pattern, const Group& group,
             const Scenario& scenario) {
  return fnmatch(pattern.c_str(), scenario.name, FNM_CASEFOLD) == 0 ||
         fnmatch(pattern.c_str(), group.name, FNM_CASEFOLD) == 0;
}

bool Matches(const std::string& pattern, const Column& column) {
  return fnmatch(pattern.c_str(), column.id, 0) == 0 ||
         pattern == (column.own() ? "own" : "others");
}

// Returns the first of `patterns` that is not in use; null if there is none.
const std::string* Unused(const std::vector<std::string>& patterns,
                          const std::vector<bool>& used) {
  const auto unused = std::find(used.begin(), used.end(), false);
  return unused == used.end() ? nullptr : &patterns[unused - used.begin()];
}

}  // namespace

absl::StatusOr<std::vector<const Scenario*>> SelectScenarios(
    const std::vector<std::string>& patterns) {
  std::vector<const Scenario*> selected;
  std::vector<bool> used(patterns.size(), false);
  for (const Group& group : AllGroups()) {
    for (const Scenario& scenario : group.scenarios) {
      bool wanted = patterns.empty();
      for (size_t i = 0; i < patterns.size(); ++i) {
        if (!Matches(patterns[i], group, scenario)) continue;
        wanted = true;
        used[i] = true;
      }
      if (wanted) selected.push_back(&scenario);
    }
  }
  if (const std::string* const unused = Unused(patterns, used)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no scenario is called \"", *unused, "\"; --list prints their names"));
  }
  return selected;
}

absl::StatusOr<std::vector<const Column*>> SelectColumns(
    const std::vector<std::string>& patterns) {
  std::vector<const Column*> selected;
  std::vector<bool> used(patterns.size(), false);
  for (const Column& column : AllColumns()) {
    bool wanted = patterns.empty() && !column.on_request;
    for (size_t i = 0; i < patterns.size(); ++i) {
      if (!Matches(patterns[i], column)) continue;
      wanted = true;
      used[i] = true;
    }
    if (wanted) selected.push_back(&column);
  }
  if (const std::string* const unused = Unused(patterns, used)) {
    std::string names;
    for (const Column& column : AllColumns()) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", column.id);
    }
    return absl::InvalidArgumentError(absl::StrCat("no column is called \"",
                                                   *unused, "\"; there are ",
                                                   names, "; own and others"));
  }
  return selected;
}

std::string ListScenarios(const std::vector<const Scenario*>& scenarios) {
  std::string list;
  const Group* last = nullptr;
  for (const Scenario* scenario : scenarios) {
    const Group& group = GroupOf(*scenario);
    if (&group != last) absl::StrAppend(&list, group.name, "\n");
    last = &group;
    absl::StrAppendFormat(&list, "  %-20s  %s\n", scenario->name,
                          scenario->title);
  }
  return list;
}

const Group& GroupOf(const Scenario& scenario) {
  for (const Group& group : AllGroups()) {
    for (const Scenario& member : group.scenarios) {
      if (&member == &scenario) return group;
    }
  }
  std::abort();  // there are no others
}

}  // namespace compare
