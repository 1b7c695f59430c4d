// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/html_style.h"
#include "examples/compare/print/summary.h"
#include "examples/compare/scenarios/selection.h"

namespace compare {
namespace {

constexpr char kLead[] =
    "Each line is a way in which the owner of a temporary directory can end, "
    "played in a separate process. A cell says what was left on disk after "
    "the process, and every process that it had forked, had ended. Open a "
    "line to read what the program does and why the cells differ.";

std::string Escape(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string Pill(const Scenario& scenario, const Cell& cell) {
  const char* const kind = !cell.problems.empty()               ? "problem"
                           : cell.left()                        ? "left"
                           : cell.outcome() == Cell::kNotPlayed ? "unplayed"
                                                                : "removed";
  return absl::StrFormat("<span class=\"cell %s\" data-column=\"%s\">%s</span>",
                         kind, Escape(cell.column->title),
                         Escape(CellWords(scenario, cell, Detail::kAll)));
}

std::string Card(const Comparison& comparison, size_t column) {
  const size_t left = std::count_if(
      comparison.rows.begin(), comparison.rows.end(),
      [column](const Row& row) { return row.cells[column].left(); });
  const size_t all = comparison.rows.size();
  return absl::StrFormat(
      "<div class=\"card\"><h3>%s</h3><strong>%d</strong> of %d left "
      "something behind<div class=\"bar\"><i style=\"width:%d%%\"></i></div>"
      "<p>%s</p></div>\n",
      Escape(comparison.columns[column]->title), left, all,
      all == 0 ? 0 : 100 * left / all,
      Escape(comparison.columns[column]->about));
}

// What one column made of the scenario, and why.
std::string Explanation(const Scenario& scenario, const Cell& cell) {
  std::string text =
      absl::StrCat("<dt>", Escape(cell.column->title), Pill(scenario, cell),
                   "</dt><dd>", Escape(cell.expected->why));
  if (!cell.problems.empty()) {
    absl::StrAppend(&text, "<p>Not as expected: ",
                    Escape(absl::StrJoin(cell.problems, "; ")), ".</p>");
  }
  if (!cell.process.errors.empty()) {
    absl::StrAppend(&text, "<pre>", Escape(cell.process.errors), "</pre>");
  }
  return text + "</dd>\n";
}

std::string RowHtml(const Row& row) {
  const Scenario& scenario = *row.scenario;
  std::string text =
      absl::StrCat("<details id=\"", scenario.name,
                   "\"><summary class=\"row\"><span class=\"title\">",
                   Escape(scenario.title), "</span><span class=\"ending\">",
                   ToString(scenario.ending), "</span>");
  for (const Cell& cell : row.cells) text += Pill(scenario, cell);
  absl::StrAppend(&text, "</summary>\n<div class=\"more\"><p>",
                  Escape(scenario.what), "</p><dl>\n");
  for (const Cell& cell : row.cells) text += Explanation(scenario, cell);
  return text + "</dl></div></details>\n";
}

std::string Heading(const Comparison& comparison) {
  std::string text =
      "<div class=\"heading\"><span>how it ends</span><span>process</span>";
  for (const Column* column : comparison.columns) {
    absl::StrAppend(&text, "<span>", Escape(column->title), "</span>");
  }
  return text + "</div>\n";
}

std::string Head(const Comparison& comparison) {
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>What is left of a temporary directory"
      "</title>\n<style>",
      kHtmlStyle,
      "</style>\n</head>\n<body style=\"--columns:", comparison.columns.size(),
      "\">\n");
}

}  // namespace

std::string FormatHtml(const Comparison& comparison) {
  std::string text = Head(comparison);
  absl::StrAppend(&text, "<h1>What is left of a temporary directory</h1>\n",
                  "<p class=\"lead\">", kLead, "</p>\n<div class=\"cards\">\n");
  for (size_t i = 0; i < comparison.columns.size(); ++i) {
    text += Card(comparison, i);
  }
  text += "</div>\n";
  for (const std::string& sentence : Summarize(comparison)) {
    absl::StrAppend(&text, "<p class=\"sentence\">", Escape(sentence),
                    "</p>\n");
  }
  text += Heading(comparison);
  const Group* last = nullptr;
  for (const Row& row : comparison.rows) {
    const Group& group = GroupOf(*row.scenario);
    if (&group != last) {
      absl::StrAppend(&text, last == nullptr ? "" : "</div>\n", "<h2>",
                      Escape(group.title), "</h2>\n<div class=\"group\">\n");
    }
    last = &group;
    text += RowHtml(row);
  }
  return text + (last == nullptr ? "" : "</div>\n") + "</body>\n</html>\n";
}

}  // namespace compare
