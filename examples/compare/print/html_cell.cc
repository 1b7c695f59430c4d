// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/html_cell.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace compare {
namespace {

constexpr char kTaken[] = "taken from the parent";

// For those who do not see the sign.
Html Unseen(const std::string& words) {
  return Element("span", {{"class", "unseen"}}, Text(words));
}

// In smaller letters; nothing where there are no words.
Html Small(const std::string& words) {
  if (words.empty()) return Html();
  return Html::Constant(" ") + Element("small", Text(words));
}

// How the process ended, where not as in other columns.
std::string OtherEnding(const Scenario& scenario, const Cell& cell) {
  return cell.process.ending == scenario.ending ? ""
                                                : ToString(cell.process.ending);
}

}  // namespace

Kind KindOf(const Scenario& scenario, const Cell& cell) {
  if (!cell.problems.empty()) return Kind::kProblem;
  switch (cell.outcome()) {
    case Cell::kRemoved:
      return cell.taken(scenario) ? Kind::kTaken : Kind::kRemoved;
    case Cell::kLeft:
      return Kind::kLeft;
    default:
      return Kind::kNone;
  }
}

std::string KindClass(Kind kind) {
  switch (kind) {
    case Kind::kRemoved:
      return "removed";
    case Kind::kLeft:
      return "left";
    case Kind::kTaken:
      return "taken";
    case Kind::kProblem:
      return "problem";
    case Kind::kNone:
      return "none";
  }
  return "";
}

std::string Outcome(const Scenario& scenario, const Cell& cell) {
  switch (KindOf(scenario, cell)) {
    case Kind::kLeft: {
      const std::string ending = OtherEnding(scenario, cell);
      return absl::StrCat("left", ending.empty() ? "" : "; ", ending);
    }
    case Kind::kTaken:
      return kTaken;
    case Kind::kNone:
      return "not played";
    default:
      return CellWords(scenario, cell, Detail::kWhat);
  }
}

Html CellHtml(const Scenario& scenario, const Cell& cell, Detail detail) {
  const bool all = detail == Detail::kAll;
  switch (KindOf(scenario, cell)) {
    case Kind::kRemoved:
      return Unseen("removed ") + Text(cell.stage) +
             Small(OtherEnding(scenario, cell)) +
             Small(all ? TimeWords(cell.after) : "");
    case Kind::kLeft:
      return Text("left") + Small(OtherEnding(scenario, cell)) +
             Small(all ? ByteWords(cell.content.bytes) : "");
    case Kind::kTaken:
      return Unseen(absl::StrCat("removed ", cell.stage, ", ")) + Text(kTaken) +
             Small(OtherEnding(scenario, cell)) +
             Small(all ? TimeWords(cell.after) : "");
    case Kind::kNone:
      return Unseen("not played");
    case Kind::kProblem:
      return Text(Outcome(scenario, cell));
  }
  return Html();
}

std::string AnchorOf(const Scenario& scenario, const Column& column) {
  return absl::StrCat(scenario.name, ".", column.id);
}

std::string ColumnClass(const Column& column) {
  return absl::StrCat("c-", column.id);
}

std::string LeftClasses(absl::Span<const Row> rows, const char* prefix) {
  std::string classes;
  if (rows.empty()) return classes;
  for (size_t i = 0; i < rows[0].cells.size(); ++i) {
    const bool well =
        std::none_of(rows.begin(), rows.end(), [i](const Row& row) {
          return row.cells[i].left() || row.cells[i].taken(*row.scenario);
        });
    if (well) continue;
    absl::StrAppend(&classes, classes.empty() ? "" : " ", prefix,
                    rows[0].cells[i].column->id);
  }
  return classes;
}

}  // namespace compare
