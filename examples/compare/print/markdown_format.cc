// SPDX-License-Identifier: Apache-2.0

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/summary.h"
#include "examples/compare/scenarios/selection.h"

namespace compare {
namespace {

std::string TableRow(const std::vector<std::string>& cells) {
  return absl::StrCat("| ", absl::StrJoin(cells, " | "), " |\n");
}

// What would be read as markup, as text.
std::string Escape(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"|", "\\|"}, {"_", "\\_"}, {"*", "\\*"}, {"<", "\\<"}});
}

std::string CellText(const Scenario& scenario, const Cell& cell) {
  if (!cell.problems.empty()) {
    return absl::StrCat("**", Escape(CellWords(scenario, cell, Detail::kWhat)),
                        ", not as expected**");
  }
  const std::string words = Escape(CellWords(scenario, cell, Detail::kWhat));
  if (cell.taken(scenario)) return absl::StrCat("**", words, "**");
  if (!cell.left()) return words;
  // How the process ended, but not how much is left.
  const size_t ending = words.find(';');
  return absl::StrCat("**left**",
                      ending == std::string::npos ? "" : words.substr(ending));
}

}  // namespace

std::string FormatMarkdown(const Comparison& comparison) {
  std::vector<std::string> titles = {"how it ends", "process"};
  for (const Column* column : comparison.columns) {
    titles.push_back(column->title);
  }
  std::string text = TableRow(titles);
  text += TableRow(std::vector<std::string>(titles.size(), "---"));
  const Group* last = nullptr;
  for (const Row& row : comparison.rows) {
    const Group& group = GroupOf(*row.scenario);
    if (&group != last) {
      std::vector<std::string> heading(titles.size());
      heading[0] = absl::StrCat("**", group.title, "**");
      text += TableRow(heading);
    }
    last = &group;
    std::vector<std::string> cells = {Escape(row.scenario->title),
                                      ToString(row.scenario->ending)};
    for (const Cell& cell : row.cells) {
      cells.push_back(CellText(*row.scenario, cell));
    }
    text += TableRow(cells);
  }
  for (const std::string& sentence : Summarize(comparison)) {
    absl::StrAppend(&text, "\n", Escape(sentence), "\n");
  }
  return text;
}

}  // namespace compare
