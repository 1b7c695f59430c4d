// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/play/problems.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "examples/compare/play/words.h"

namespace compare {
namespace {

// Returns the first line of `text`, or as much of it as one wants to read.
std::string FirstLine(const std::string& text) {
  constexpr size_t kEnough = 300;
  const std::string line = text.substr(0, text.find('\n'));
  return line.size() <= kEnough ? line : line.substr(0, kEnough) + "...";
}

std::string DiskProblem(const Cell& cell) {
  const Expectation& expected = *cell.expected;
  const std::string want =
      expected.left() ? "left" : absl::StrCat("removed ", expected.stage);
  const Cell::Outcome outcome = cell.outcome();
  if (expected.left()
          ? outcome == Cell::kLeft
          : outcome == Cell::kRemoved && cell.stage == expected.stage) {
    return "";
  }
  return absl::StrCat(DiskWords(cell), " instead of ", want);
}

std::string ErrorsProblem(const Scenario& scenario, const Cell& cell) {
  const std::string& errors = cell.process.errors;
  const Expectation& expected = *cell.expected;
  const std::string says =
      expected.says != nullptr ? expected.says : scenario.says;
  const std::string said =
      absl::StrCat("said on standard error: ", FirstLine(errors));
  if (says.empty()) return errors.empty() ? "" : said;
  if (absl::StrContains(errors, says)) return "";
  return absl::StrCat(errors.empty() ? "said nothing on standard error" : said,
                      ", instead of \"", says, "\"");
}

}  // namespace

std::vector<std::string> FindProblems(const Scenario& scenario,
                                      const Cell& cell) {
  std::vector<std::string> problems;
  const auto add = [&](const std::string& problem) {
    if (!problem.empty()) problems.push_back(problem);
  };
  if (cell.outcome() == Cell::kNotPlayed) return problems;
  const ProcessResult& process = cell.process;
  if (process.killed) {
    add("no result: it was killed at the time limit");
    return problems;
  }
  const Ending ending = cell.expected->ending.value_or(scenario.ending);
  if (process.ending != ending) {
    add(absl::StrCat(ToString(process.ending), " instead of ",
                     ToString(ending)));
  }
  add(DiskProblem(cell));
  add(ErrorsProblem(scenario, cell));
  if (!process.output.empty()) {
    add(absl::StrCat("said on standard output: ", FirstLine(process.output)));
  }
  return problems;
}

}  // namespace compare
