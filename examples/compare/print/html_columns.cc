// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/html_columns.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/html_cell.h"
#include "examples/compare/print/html_filter.h"

namespace compare {
namespace {

size_t CountKind(const Comparison& comparison, size_t column, Kind kind) {
  size_t count = 0;
  for (const Row& row : comparison.rows) {
    if (KindOf(*row.scenario, row.cells[column]) == kind) ++count;
  }
  return count;
}

// A bar of which `part` is filled; the words beside it say the same.
Html Bar(size_t part, size_t all) {
  return Element(
      "div", {{"class", "bar"}},
      Element("div", {{"style", absl::StrCat("width:", 100 * part / all, "%")}},
              Html()));
}

Html Counts(const Comparison& comparison, size_t column) {
  const size_t none = CountKind(comparison, column, Kind::kNone);
  const size_t problems = CountKind(comparison, column, Kind::kProblem);
  const size_t left = CountKind(comparison, column, Kind::kLeft);
  const size_t taken = CountKind(comparison, column, Kind::kTaken);
  const size_t played = comparison.rows.size() - none;
  if (played == 0) return Element("p", Text("not played"));
  std::string words =
      absl::StrCat(" of ", Count(played, "way of ending", "ways of ending"),
                   " left something behind");
  if (taken != 0)
    absl::StrAppend(&words, "; ", taken, " taken from the parent");
  if (problems != 0) {
    absl::StrAppend(&words, "; ", problems, " not as expected");
  }
  if (none != 0) absl::StrAppend(&words, "; ", none, " not played");
  return Element("p", {{"class", "count"}},
                 Element("strong", Text(absl::StrCat(left))) + Text(words)) +
         Bar(left, played);
}

Html Card(const Comparison& comparison, size_t index) {
  const Column& column = *comparison.columns[index];
  return Block("li", {{"id", ColumnAnchor(column)}},
               Block("h3", {}, ColumnSwitch(column)) +
                   Block("p", {}, Text(column.about)) +
                   Counts(comparison, index));
}

}  // namespace

Html ColumnCards(const Comparison& comparison) {
  Html cards;
  for (size_t i = 0; i < comparison.columns.size(); ++i) {
    cards += Card(comparison, i);
  }
  return Block("ul", {{"class", "cards"}}, cards);
}

std::string ColumnAnchor(const Column& column) {
  return absl::StrCat("column.", column.id);
}

}  // namespace compare
