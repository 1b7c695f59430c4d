// SPDX-License-Identifier: Apache-2.0

// Prepares the programs of the columns in other languages: Python runs as text,
// Rust and Go are compiled. Nothing is installed and nothing is downloaded.
#ifndef EXAMPLES_COMPARE_PLAY_OTHERS_H_
#define EXAMPLES_COMPARE_PLAY_OTHERS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/scenario.h"

namespace compare {

struct Others {
  // The words by which a program is started, by language.
  std::map<std::string, std::vector<std::string>> commands;
  // A sentence for each language that is not installed here: what to install.
  std::vector<std::string> missing;
  // What the programs are told of (others/programs.h).
  std::string content;
  std::string filters;
};

// Makes in `directory` what `columns` need: a compilation takes a while. A
// compiler that is there and fails is an error. `fill` is the tree that temp
// dirs get a copy of; "" for three small files.
absl::StatusOr<Others> PrepareOthers(const std::vector<const Column*>& columns,
                                     const std::string& directory,
                                     const std::string& fill);

// Returns `columns` without those whose language is not installed.
std::vector<const Column*> Playable(const Others& others,
                                    const std::vector<const Column*>& columns);

// Returns the command that plays `scenario` in `column`, one of those.
std::vector<std::string> CommandFor(const Others& others,
                                    const Scenario& scenario,
                                    const Column& column);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PLAY_OTHERS_H_
