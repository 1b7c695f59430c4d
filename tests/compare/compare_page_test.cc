// SPDX-License-Identifier: Apache-2.0

// The page that compare_tempdirs makes of results that are given here.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "examples/compare/play/cell.h"
#include "examples/compare/play/comparison.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/document.h"
#include "examples/compare/print/format.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/scenario.h"
#include "examples/compare/scenarios/selection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/compare/markup.h"

namespace {

using compare::Cell;
using compare::Comparison;
using compare::Detail;
using compare::FormatHtml;
using compare::Row;
using finalize_test::MarkupElement;
using finalize_test::ReadMarkup;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// All scenarios in all columns, as expected, but for the times.
Comparison Expected(absl::Duration after = absl::Milliseconds(1)) {
  Comparison comparison;
  for (const compare::Column& column : compare::AllColumns()) {
    comparison.columns.push_back(&column);
  }
  const auto all = compare::SelectScenarios({});
  for (const compare::Scenario* scenario : *all) {
    Row& row = comparison.rows.emplace_back();
    row.scenario = scenario;
    for (const compare::Column* column : comparison.columns) {
      Cell& cell = row.cells.emplace_back();
      cell.column = column;
      cell.expected = &compare::ExpectationFor(*scenario, *column);
      cell.process.ending = cell.expected->ending.value_or(scenario->ending);
      if (cell.expected->left()) {
        cell.content = {3, 2, 12288};
      } else if (!cell.expected->absent) {
        cell.stage = cell.expected->stage;
        cell.after = after;
      }
    }
  }
  return comparison;
}

// The page of Expected(), read once.
const MarkupElement& Page() {
  static const auto& page =
      *ReadMarkup(FormatHtml(Expected(), Detail::kWhat)).release();
  return page;
}

std::vector<const MarkupElement*> WithAttribute(const std::string& attribute) {
  return Page().Find([&](const MarkupElement& one) {
    return one.attributes.count(attribute) != 0;
  });
}

std::vector<const MarkupElement*> WithClass(const MarkupElement& in,
                                            const std::string& name) {
  return in.Find([&](const MarkupElement& one) { return one.HasClass(name); });
}

// The one element with this anchor.
const MarkupElement& Anchor(const char* id) {
  const auto found =
      Page().Find([&](const MarkupElement& one) { return one["id"] == id; });
  if (found.size() != 1) ADD_FAILURE() << id << " is there " << found.size();
  return found.empty() ? Page() : *found[0];
}

const MarkupElement* Around(const MarkupElement& element,
                            const std::string& name) {
  const MarkupElement* around = element.parent;
  while (around != nullptr && around->name != name) around = around->parent;
  return around;
}

std::string ClassOf(const compare::Scenario& scenario, const Cell& cell) {
  if (cell.taken(scenario)) return "taken";
  if (cell.left()) return "left";
  return cell.outcome() == Cell::kRemoved ? "removed" : "none";
}

std::string StyleSheet() { return Page().Find("style").at(0)->AllText(); }

// What follows `before` in the style sheet, as far as it is a name.
std::set<std::string> NamesAfter(const std::string& before) {
  const std::string style = StyleSheet();
  const std::regex pattern(before + "([A-Za-z0-9-]+)");
  std::set<std::string> names;
  for (std::sregex_iterator i(style.begin(), style.end(), pattern), end;
       i != end; ++i) {
    names.insert((*i)[1]);
  }
  return names;
}

std::set<std::string> ColumnIds() {
  std::set<std::string> ids;
  for (const compare::Column& column : compare::AllColumns()) {
    ids.insert(column.id);
  }
  return ids;
}

// The reader refuses what a browser would mend.
TEST(MarkupTest, IsStrict) {
  const auto error = [](const std::string& inside) {
    return finalize_test::MarkupError("<!DOCTYPE html>\n<p>" + inside +
                                      "</p>\n");
  };
  EXPECT_EQ(error("a <b class=\"c\" id=\"d\">&lt;</b> <br />"), "");
  for (const char* const wrong :
       {"<b>", "</b>", "<br>", "<b></i></b>", "<b a=\"1\" a=\"2\" />", "a & b",
        "<b a=1 />", "<b a />", "<b a=\"&nbsp;\" />", "</p><p>", "a < b"}) {
    EXPECT_THAT(error(wrong), Not(IsEmpty())) << wrong;
  }
}

TEST(PageTest, IsWellFormed) {
  EXPECT_NE(ReadMarkup(FormatHtml(Expected(), Detail::kAll)), nullptr);
  EXPECT_NE(ReadMarkup(FormatHtml(Expected(), Detail::kWhat)), nullptr);
  EXPECT_NE(ReadMarkup(FormatHtml(Comparison(), Detail::kWhat)), nullptr);
}

TEST(PageTest, NeedsNothingElse) {
  const std::string page = FormatHtml(Expected(), Detail::kAll);
  for (const char* const reference :
       {"http:", "https:", "src=", "url(", "@import", "<script", "<link"}) {
    EXPECT_THAT(page, Not(HasSubstr(reference)));
  }
}

TEST(PageTest, AnchorsAreUniqueAndLinksLeadToThem) {
  std::set<std::string> anchors;
  for (const MarkupElement* element : WithAttribute("id")) {
    EXPECT_TRUE(anchors.insert((*element)["id"]).second) << (*element)["id"];
  }
  for (const MarkupElement* link : WithAttribute("href")) {
    const std::string target = (*link)["href"];
    EXPECT_THAT(target, StartsWith("#"));
    EXPECT_EQ(anchors.count(target.substr(1)), 1u) << target;
  }
}

// Each row and each cell is a link to its explanation, which is in a <details>.
TEST(PageTest, ExplainsEveryCell) {
  const auto cells = WithClass(Page(), "cells");
  const Comparison comparison = Expected();
  ASSERT_EQ(cells.size(), comparison.rows.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    const Row& row = comparison.rows[i];
    const std::string name = row.scenario->name;
    const auto links = cells[i]->Find("a");
    ASSERT_EQ(links.size(), row.cells.size() + 1);
    EXPECT_EQ((*links[0])["href"], "#" + name);
    EXPECT_NE(Around(Anchor(name.c_str()), "details"), nullptr);
    for (size_t column = 0; column < row.cells.size(); ++column) {
      const Cell& cell = row.cells[column];
      const std::string anchor = name + "." + cell.column->id;
      EXPECT_EQ((*links[column + 1])["href"], "#" + anchor);
      const MarkupElement* const term = Around(Anchor(anchor.c_str()), "dt");
      ASSERT_NE(term, nullptr) << anchor;
      const auto reasons = term->parent->Find("dd");
      ASSERT_EQ(reasons.size(), 1u);
      EXPECT_EQ(reasons[0]->AllText(), cell.expected->why) << anchor;
      // Table and explanation say the same.
      const MarkupElement& shown = *links[column + 1]->parent;
      EXPECT_TRUE(shown.HasClass((*term->Find("b").at(0))["class"])) << anchor;
      EXPECT_TRUE(shown.HasClass(ClassOf(*row.scenario, cell))) << anchor;
    }
  }
}

TEST(PageTest, SaysOnceWhatColumnsHaveInCommon) {
  const MarkupElement& row = Anchor("scope-end");
  EXPECT_EQ(row.Find("a").size(), compare::AllColumns().size());
  EXPECT_LT(WithClass(row, "why").size(), row.Find("a").size());
}

TEST(PageTest, EachColumnHasASwitch) {
  std::set<std::string> switches;
  for (const MarkupElement* input : Page().Find("input")) {
    EXPECT_NE(Around(*input, "label"), nullptr);
    const std::string id = (*input)["id"];
    if (id == "only-left") continue;
    EXPECT_THAT(id, StartsWith("show-"));
    EXPECT_EQ((*input)["checked"], "checked");
    const std::string column = id.substr(5);
    ASSERT_NE(compare::FindColumn(column), nullptr) << id;
    EXPECT_THAT(Around(*input, "label")->AllText(),
                HasSubstr(compare::FindColumn(column)->title));
    switches.insert(column);
  }
  EXPECT_EQ(switches, ColumnIds());
}

// The style sheet hides by these names, and the table has them.
TEST(PageTest, SwitchesHideTheirColumn) {
  EXPECT_EQ(NamesAfter("#show-"), ColumnIds());
  EXPECT_EQ(NamesAfter("body:has\\(#show-[a-z-]*:not\\(:checked\\)\\) \\.c-"),
            ColumnIds());
  for (const compare::Column& column : compare::AllColumns()) {
    const std::string id = column.id;
    EXPECT_THAT(StyleSheet(),
                HasSubstr("body:has(#show-" + id + ":not(:checked)) .c-" + id +
                          ":not(:target) {"));
    // Its title, and in each row the cell and its name in the explanation.
    EXPECT_EQ(WithClass(Page(), "c-" + id).size(),
              1 + 2 * Expected().rows.size());
  }
}

TEST(PageTest, RowsSayWhichColumnsLeftSomething) {
  const Comparison comparison = Expected();
  const auto rows = WithClass(Page(), "cells");
  const auto explanations = WithClass(Page(), "more");
  ASSERT_EQ(rows.size(), comparison.rows.size());
  ASSERT_EQ(explanations.size(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const Cell& cell : comparison.rows[i].cells) {
      const std::string id = cell.column->id;
      const bool kept = cell.left() || cell.taken(*comparison.rows[i].scenario);
      EXPECT_EQ(rows[i]->HasClass("l-" + id), kept);
      EXPECT_EQ(explanations[i]->HasClass("l-" + id), kept);
      EXPECT_TRUE(!kept || rows[i]->parent->HasClass("g-" + id));
    }
  }
}

TEST(PageTest, HeadersHaveTheirScope) {
  for (const MarkupElement* header : Page().Find("th")) {
    EXPECT_THAT((*header)["scope"], AnyOf("col", "row", "rowgroup"));
  }
  EXPECT_EQ(Page().Find("caption").size(), 1u);
  for (const MarkupElement* row : WithClass(Page(), "cells")) {
    EXPECT_EQ(row->Find("td").size(), compare::AllColumns().size());
  }
}

// Whoever sees neither colors nor signs reads it.
TEST(PageTest, CellsAreWords) {
  for (const MarkupElement* row : WithClass(Page(), "cells")) {
    for (const MarkupElement* cell : row->Find("td")) {
      EXPECT_THAT(cell->AllText(), AnyOf(StartsWith("left"), "not played",
                                         StartsWith("removed ")));
    }
  }
}

TEST(PageTest, CountsWhatEachColumnLeft) {
  const auto counts = WithClass(Anchor("column.destructor"), "count");
  ASSERT_EQ(counts.size(), 1u);
  const Comparison comparison = Expected();
  const auto left =
      std::count_if(comparison.rows.begin(), comparison.rows.end(),
                    [](const Row& row) { return row.cells[0].left(); });
  EXPECT_EQ(counts[0]->AllText(), std::to_string(left) + " of " +
                                      std::to_string(comparison.rows.size()) +
                                      " ways of ending left something behind");
}

TEST(PageTest, WithoutMeasurementsIsTheSameInEveryRun) {
  Comparison slow = Expected(absl::Seconds(2));
  for (Cell& cell : slow.rows[0].cells) cell.process.errors = "/tmp/a/b";
  EXPECT_EQ(FormatHtml(slow, Detail::kWhat),
            FormatHtml(Expected(), Detail::kWhat));
  EXPECT_THAT(FormatHtml(slow, Detail::kAll), HasSubstr("2.0 s"));
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(DocumentTest, IsThePage) {
  const std::string path = std::string(getenv("TEST_TMPDIR")) + "/page.html";
  EXPECT_TRUE(compare::UpdateDocument(path, Expected()).ok());
  EXPECT_TRUE(ReadFile(path) == FormatHtml(Expected(), Detail::kWhat));
}

TEST(DocumentTest, HasATableForTheLibraryAndOneForTheOthers) {
  const std::string path = std::string(getenv("TEST_TMPDIR")) + "/tables.md";
  std::ofstream(path) << "<!-- comparison: begin -->\n<!-- comparison: end -->"
                         "\n<!-- others: begin -->\n<!-- others: end -->\n";
  EXPECT_TRUE(compare::UpdateDocument(path, Expected()).ok());
  const std::string text = ReadFile(path);
  const std::string own = text.substr(0, text.find("<!-- others: begin -->"));
  const std::string others = text.substr(own.size());
  EXPECT_THAT(own, HasSubstr("| finalizer style |"));
  EXPECT_THAT(own, Not(HasSubstr("| Go defer |")));
  EXPECT_THAT(others, HasSubstr("| Go defer |"));
  EXPECT_THAT(others, Not(HasSubstr("| finalizer style |")));
}

// A document that lacks what this machine does not play would be taken for
// current.
TEST(DocumentTest, IsNotUpdatedIfSomethingWasNotPlayed) {
  const std::string path = std::string(getenv("TEST_TMPDIR")) + "/no.html";
  Comparison refused = Expected();
  refused.rows.back().cells[0].refusal = "an overlay: not permitted";
  EXPECT_THAT(compare::UpdateDocument(path, refused).ToString(),
              HasSubstr("an overlay: not permitted"));
  Comparison left_out = Expected();
  left_out.left_out = {"Go is left out: install golang-go."};
  EXPECT_THAT(compare::UpdateDocument(path, left_out).ToString(),
              HasSubstr("install golang-go"));
  EXPECT_FALSE(std::ifstream(path).is_open());
}

TEST(PageTest, ShowsMessagesAsText) {
  Comparison comparison = Expected();
  comparison.rows[0].cells[0].process.errors = "<b>&\"";
  const std::string page = FormatHtml(comparison, Detail::kAll);
  EXPECT_THAT(page, HasSubstr("<pre>&lt;b&gt;&amp;&quot;</pre>"));
}

// As a message has them that names a file below a TMPDIR with such a name.
TEST(PageTest, EscapesWhatIsNotText) {
  Comparison comparison = Expected();
  comparison.rows[0].cells[0].process.errors =
      "/b\xff\x01"
      "d/\xc3\xa9: no\nok\n";
  const std::string page = FormatHtml(comparison, Detail::kAll);
  EXPECT_THAT(page, HasSubstr("<pre>/b\\xff\\x01d/\xc3\xa9: no\nok\n</pre>"));
}

TEST(PageTest, SaysWhyALanguageDoesNotHaveIt) {
  EXPECT_THAT(Page().AllText(), HasSubstr("A Go program cannot fork"));
}

TEST(PageTest, SaysWhatTheMachineRefuses) {
  Comparison comparison = Expected();
  Cell& cell = comparison.rows.back().cells[0];
  cell.refusal = "an overlay: not permitted";
  const auto page = ReadMarkup(FormatHtml(comparison, Detail::kAll));
  ASSERT_NE(page, nullptr);
  EXPECT_THAT(page->AllText(),
              HasSubstr("Not played on this machine: an overlay: not "
                        "permitted."));
}

TEST(PageTest, SaysWhatIsNotInstalled) {
  Comparison comparison = Expected();
  comparison.left_out = {"Go is left out: install golang-go."};
  const auto page = ReadMarkup(FormatHtml(comparison, Detail::kAll));
  ASSERT_NE(page, nullptr);
  EXPECT_THAT(page->AllText(), HasSubstr("Go is left out: install golang-go."));
}

TEST(PageTest, MarksWhatIsNotAsExpected) {
  Comparison comparison = Expected();
  comparison.rows[0].cells[0].problems = {"left instead of removed"};
  const auto page = ReadMarkup(FormatHtml(comparison, Detail::kWhat));
  ASSERT_NE(page, nullptr);
  // In the legend, in the table and in the explanation.
  EXPECT_EQ(WithClass(*page, "problem").size(), 3u);
  EXPECT_THAT(page->AllText(),
              HasSubstr("Not as expected: left instead of removed."));
}

TEST(PageTest, KnowsLightAndDarkAndPaper) {
  EXPECT_THAT(StyleSheet(), HasSubstr("(prefers-color-scheme: dark)"));
  EXPECT_THAT(StyleSheet(), HasSubstr("@media print"));
}

}  // namespace
