// SPDX-License-Identifier: Apache-2.0

// The forms in which compare_tempdirs prints its results.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "examples/compare/play/cell.h"
#include "examples/compare/play/comparison.h"
#include "examples/compare/play/problems.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/marked_section.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/selection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/compare/compare_cells.h"

namespace {

using compare::Cell;
using compare::Comparison;
using compare::FindProblems;
using compare::kTableWidth;
using compare_test::CellOf;
using compare_test::Expected;
using compare_test::Named;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    lines.push_back(text.substr(begin, end - begin));
  }
  return lines;
}

size_t Occurrences(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) {
    ++count;
  }
  return count;
}

MATCHER(FitsTheTerminal, "") { return arg.size() <= kTableWidth; }

TEST(TableTest, FitsTheTerminal) {
  EXPECT_THAT(LinesOf(FormatTable(Expected(), kTableWidth, false)),
              Each(FitsTheTerminal()));
}

TEST(TableTest, FitsTheTerminalWithSixColumns) {
  std::vector<compare::Column> more(4, *compare::FindColumn("finalizer"));
  more[0].title = "with exit hooks";
  more[1].title = "with crash tier";
  more[2].title = "with reaper process";
  more[3].title = "after the next start";
  const Comparison wide = Expected({compare::FindColumn("destructor"),
                                    compare::FindColumn("finalizer"), &more[0],
                                    &more[1], &more[2], &more[3]});
  EXPECT_THAT(LinesOf(FormatTable(wide, kTableWidth, false)),
              Each(FitsTheTerminal()));
}

TEST(TableTest, FitsTheTerminalWithAllColumns) {
  const std::string text = FormatTable(
      Expected(*compare::SelectColumns({"own", "others"})), kTableWidth, false);
  EXPECT_THAT(LinesOf(text), Each(FitsTheTerminal()));
  EXPECT_EQ(Occurrences(text, "\nordinary ends\n"), 2u);
}

TEST(TableTest, SaysAllThatHasRoom) {
  const std::string wide = FormatTable(Expected(), 160, false);
  EXPECT_THAT(wide, HasSubstr("removed at exit, 0.4 ms"));
  const std::string narrow = FormatTable(Expected(), 60, false);
  EXPECT_THAT(narrow, Not(HasSubstr("removed at exit")));
  EXPECT_THAT(narrow, HasSubstr("LEFT"));
}

TEST(TableTest, ColorsOnRequest) {
  EXPECT_THAT(FormatTable(Expected(), kTableWidth, true),
              HasSubstr("\033[32mremoved"));
  EXPECT_THAT(FormatTable(Expected(), kTableWidth, false),
              Not(HasSubstr("\033")));
}

TEST(MarkdownTest, HasNeitherTimesNorSizes) {
  Comparison other = Expected();
  for (compare::Row& row : other.rows) {
    for (Cell& cell : row.cells) {
      cell.after *= 1000;
      if (cell.left()) cell.content = {7, 1, 99};
    }
  }
  EXPECT_EQ(FormatMarkdown(Expected()), FormatMarkdown(other));
}

TEST(MarkdownTest, ShowsWhatIsNotAsExpected) {
  Comparison comparison = Expected();
  Cell& cell = CellOf(&comparison, "scope-end");
  cell.content = {3, 2, 12288};
  cell.problems = FindProblems(Named("scope-end"), cell);
  EXPECT_THAT(FormatMarkdown(comparison),
              HasSubstr("| **LEFT 3 files, not as expected** |"));
}

TEST(JsonTest, HoldsEveryCell) {
  const auto json = nlohmann::json::parse(FormatJson(Expected()));
  EXPECT_EQ(json["columns"].size(), 2u);
  EXPECT_EQ(json["scenarios"].size(), 56u);
  EXPECT_EQ(json["summary"].size(), 3u);
}

TEST(JsonTest, SaysWhyALanguageDoesNotHaveIt) {
  const auto json = nlohmann::json::parse(
      FormatJson(Expected(*compare::SelectColumns({"go"}))));
  for (const auto& scenario : json["scenarios"]) {
    if (scenario["name"] != "fork-daemon") continue;
    const auto& cell = scenario["cells"]["go"];
    EXPECT_EQ(cell["state"], "not played");
    EXPECT_THAT(cell["why"].get<std::string>(), HasSubstr("cannot fork"));
    EXPECT_FALSE(cell.contains("ending"));
  }
}

TEST(JsonTest, TakesTextThatIsNotUtf8) {
  Comparison comparison = Expected();
  CellOf(&comparison, "scope-end").process.errors = "\xff\xfe";
  const auto json = nlohmann::json::parse(FormatJson(comparison));
  EXPECT_EQ(json["scenarios"][0]["cells"]["destructor"]["stderr"],
            "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(MarkedSectionTest, IsReplaced) {
  const std::string document =
      "a\n<!-- comparison: begin -->\nold\n<!-- comparison: end -->\nb\n";
  EXPECT_EQ(*compare::MarkedSection(document), "old\n");
  EXPECT_EQ(
      *compare::WithMarkedSection(document, "new\n"),
      "a\n<!-- comparison: begin -->\nnew\n<!-- comparison: end -->\nb\n");
}

TEST(MarkedSectionTest, NamesTheMarkerThatIsMissing) {
  const auto section = compare::MarkedSection("<!-- comparison: begin -->\n");
  EXPECT_TRUE(absl::IsNotFound(section.status()));
  EXPECT_THAT(std::string(section.status().message()), HasSubstr("end"));
}

}  // namespace
