// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/summary.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "examples/compare/play/words.h"

namespace compare {
namespace {

using Titles = std::vector<std::string>;

// A sentence of their own says the ways that all columns share, unless they are
// so few that each column can name them.
constexpr size_t kFew = 3;

bool LeftByAll(const Row& row) {
  return row.cells.size() > 1 &&
         std::all_of(row.cells.begin(), row.cells.end(),
                     [](const Cell& cell) { return cell.left(); });
}

// Returns "the 14 below, and exit() in a nested call; leaked on the heap".
std::string List(const Titles& titles, size_t below) {
  const std::string list = absl::StrJoin(titles, "; ");
  if (below == 0) return list;
  return absl::StrCat("the ", below, " below", titles.empty() ? "" : ", and ",
                      list);
}

Titles LeftByAll(const Comparison& comparison) {
  Titles shared;
  for (const Row& row : comparison.rows) {
    if (LeftByAll(row)) shared.push_back(row.scenario->title);
  }
  return shared;
}

std::string ColumnSentence(const Comparison& comparison, size_t column) {
  const bool few = LeftByAll(comparison).size() <= kFew;
  Titles left;
  size_t below = 0;
  size_t without_result = 0;
  size_t played = comparison.rows.size();
  for (const Row& row : comparison.rows) {
    if (row.cells[column].outcome() == Cell::kNotPlayed) --played;
    if (row.cells[column].outcome() == Cell::kNoResult) ++without_result;
    if (!row.cells[column].left()) continue;
    if (!few && LeftByAll(row)) {
      ++below;
    } else {
      left.push_back(row.scenario->title);
    }
  }
  const std::string ways = Count(played, "way of ending", "ways of ending");
  const size_t count = left.size() + below;
  const char* const title = comparison.columns[column]->title;
  if (played == 0 && !comparison.rows.empty()) {
    return absl::StrCat(title, " was not played.");
  }
  std::string sentence =
      absl::StrCat(title, " left something behind in ", count, " of ", ways);
  if (count != 0) absl::StrAppend(&sentence, ": ", List(left, below));
  sentence += ".";
  if (without_result != 0) {
    absl::StrAppend(&sentence, " Without result: ", without_result, ".");
  }
  return sentence;
}

// Where "removed" does not mean that all is well; empty where it always does.
std::string TakenSentence(const Comparison& comparison) {
  Titles takers;
  for (size_t i = 0; i < comparison.columns.size(); ++i) {
    Titles taken;
    for (const Row& row : comparison.rows) {
      if (!row.cells[i].taken(*row.scenario)) continue;
      taken.push_back(row.scenario->title);
    }
    if (taken.empty()) continue;
    takers.push_back(absl::StrCat(comparison.columns[i]->title, " (",
                                  absl::StrJoin(taken, "; "), ")"));
  }
  if (takers.empty()) return "";
  return absl::StrCat(
      "A child removed the directory that its parent still used: ",
      absl::StrJoin(takers, ", "), ".");
}

// The scenarios that were not played, with the reasons.
std::vector<std::string> NotPlayed(const Comparison& comparison) {
  std::map<std::string, Titles> by_reason;
  for (const Row& row : comparison.rows) {
    for (const Cell& cell : row.cells) {
      if (cell.refusal.empty()) continue;
      Titles& titles = by_reason[cell.refusal];
      const std::string title = row.scenario->title;
      if (titles.empty() || titles.back() != title) titles.push_back(title);
    }
  }
  std::vector<std::string> sentences;
  for (const auto& [reason, titles] : by_reason) {
    sentences.push_back(absl::StrCat("Not played on this machine (", reason,
                                     "): ", List(titles, 0), "."));
  }
  return sentences;
}

}  // namespace

std::vector<std::string> Summarize(const Comparison& comparison) {
  std::vector<std::string> sentences;
  for (size_t i = 0; i < comparison.columns.size(); ++i) {
    sentences.push_back(ColumnSentence(comparison, i));
  }
  const Titles shared = LeftByAll(comparison);
  if (!shared.empty()) {
    sentences.push_back(absl::StrCat("Every style left something behind in ",
                                     shared.size(), ": ", List(shared, 0),
                                     "."));
  }
  if (std::string taken = TakenSentence(comparison); !taken.empty()) {
    sentences.push_back(std::move(taken));
  }
  sentences.insert(sentences.end(), comparison.left_out.begin(),
                   comparison.left_out.end());
  for (std::string& sentence : NotPlayed(comparison)) {
    sentences.push_back(std::move(sentence));
  }
  return sentences;
}

}  // namespace compare
