// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/html_cell.h"
#include "examples/compare/print/html_columns.h"
#include "examples/compare/print/html_filter.h"
#include "examples/compare/print/html_markup.h"
#include "examples/compare/print/html_media_style.h"
#include "examples/compare/print/html_style.h"
#include "examples/compare/print/html_table.h"
#include "examples/compare/print/html_table_style.h"

namespace compare {
namespace {

// tools/check_release wants the license in a page that is committed.
constexpr char kDoctype[] =
    "<!DOCTYPE html>\n<!--\nSPDX-License-Identifier: Apache-2.0\n-->\n";

constexpr char kTitle[] = "What is left of a temporary directory";

constexpr char kLead[] =
    "Each row is a way in which a process that owns a temporary directory can "
    "end, and each column is a means to remove that directory. Every cell was "
    "played in a separate process. It says what was left on disk after this "
    "process, and every process that it had forked, had ended.";

constexpr char kNextStart[] =
    "In the column \"after the next start\", another process has then created "
    "its first temp dir in the same parent directory, and so removed what "
    "processes that had ended left there.";

constexpr char kProcessDirectory[] =
    "The library keeps the temp dirs of a process in one directory, "
    "finalize-UID-..., which the process locks. The explanations call it the "
    "process's directory.";

constexpr char kHowToRead[] =
    "Open a row to read why. Every title and every cell is a link to its "
    "explanation that can be shared.";

constexpr char kFooter[] =
    "tools/compare --format=html --columns=own,others plays all of this on "
    "your "
    "machine, and makes this page.";

bool Has(const Comparison& comparison, Kind kind) {
  return std::any_of(
      comparison.rows.begin(), comparison.rows.end(), [kind](const Row& row) {
        return std::any_of(row.cells.begin(), row.cells.end(),
                           [&](const Cell& cell) {
                             return KindOf(*row.scenario, cell) == kind;
                           });
      });
}

bool HasColumn(const Comparison& comparison,
               const std::function<bool(const Column&)>& wanted) {
  return std::any_of(comparison.columns.begin(), comparison.columns.end(),
                     [&](const Column* column) { return wanted(*column); });
}

Html LeadParagraph(const char* words) {
  return Block("p", {{"class", "lead"}}, Text(words));
}

// What the page is, and the words that the columns shown here need.
Html Lead(const Comparison& comparison) {
  Html lead = LeadParagraph(kLead);
  if (HasColumn(comparison, [](const Column& column) {
        return column.id == std::string_view("restart");
      })) {
    lead += LeadParagraph(kNextStart);
  }
  if (HasColumn(comparison,
                [](const Column& column) { return column.own(); })) {
    lead += LeadParagraph(kProcessDirectory);
  }
  return lead + LeadParagraph(kHowToRead);
}

// Which columns are not there, and what to install for them.
Html LeftOut(const Comparison& comparison) {
  Html sentences;
  for (const std::string& sentence : comparison.left_out) {
    sentences += Block("p", {{"class", "lead"}}, Text(sentence));
  }
  return sentences;
}

// What the signs mean, as far as there are any.
Html Legend(const Comparison& comparison, Detail detail) {
  const bool all = detail == Detail::kAll;
  const std::pair<Kind, const char*> kSigns[] = {
      {Kind::kRemoved, all ? "the directory was removed: when, and how long "
                             "that took"
                           : "the directory was removed, and when"},
      {Kind::kLeft, all ? "it was left on disk: how much"
                        : "it was left on "
                          "disk"},
      {Kind::kTaken,
       "a child removed it while its parent still used it: the filter below "
       "keeps such rows"},
      {Kind::kNone, "not played: the explanation says why"},
      {Kind::kProblem, "not as expected"},
  };
  Html signs;
  for (const auto& [kind, meaning] : kSigns) {
    if (!Has(comparison, kind)) continue;
    signs += Block("li", {},
                   Element("b", {{"class", KindClass(kind)}}, Html()) +
                       Html::Constant(" ") + Text(meaning));
  }
  return Block("ul", {{"class", "legend"}}, signs);
}

// The width, in rem, below which the table has no room.
double TableWidth(size_t columns) {
  constexpr double kPhone = 48;
  return std::max(kPhone, 16.5 + 5.75 * static_cast<double>(columns));
}

std::string Style(const Comparison& comparison) {
  return absl::StrCat(
      kHtmlColors, kHtmlText, kHtmlForm, kHtmlTable, kHtmlWhy,
      "\n@media screen and (max-width: ", TableWidth(comparison.columns.size()),
      "rem) {", kHtmlNarrow, "}\n", kHtmlPrint, ColumnStyle(comparison));
}

Html Head(const Comparison& comparison) {
  return Block(
      "head", {},
      Html::Constant("\n") + EmptyElement("meta", {{"charset", "utf-8"}}) +
          EmptyElement("meta",
                       {{"name", "viewport"},
                        {"content", "width=device-width, initial-scale=1"}}) +
          Block("title", {}, Text(kTitle)) +
          Block("style", {}, Html::Constant(Style(comparison))));
}

// A form of the method "dialog" is sent nowhere.
Html Form(const Comparison& comparison) {
  return Block("form", {{"method", "dialog"}, {"autocomplete", "off"}},
               Block("h2", {}, Text("The columns")) + ColumnCards(comparison) +
                   RowSwitch(comparison));
}

}  // namespace

std::string FormatHtml(const Comparison& comparison, Detail detail) {
  const Html body =
      Block("header", {},
            Block("h1", {}, Text(kTitle)) + Lead(comparison) +
                LeftOut(comparison) + Legend(comparison, detail)) +
      Block("main", {},
            GroupLinks(comparison) + Form(comparison) +
                TableHtml(comparison, detail)) +
      Block("footer", {}, Text(kFooter));
  return kDoctype + Block("html", {{"lang", "en"}},
                          Head(comparison) + Block("body", {}, body))
                        .source();
}

}  // namespace compare
