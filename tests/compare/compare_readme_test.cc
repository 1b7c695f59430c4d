// SPDX-License-Identifier: Apache-2.0

// The tables in docs/comparison.md are those that compare_tempdirs prints, and
// docs/comparison.html is the page that it makes. If they are not:
//   tools/compare --update=docs/comparison.md
//   tools/compare --update=docs/comparison.html

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "examples/compare/play/cell.h"
#include "examples/compare/play/comparison.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/marked_section.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/scenario.h"
#include "examples/compare/scenarios/selection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/compare/tool_run.h"

namespace {

constexpr char kDocument[] = "docs/comparison.md";
constexpr char kPage[] = "docs/comparison.html";

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// What a line of a table says of how the process ends; "" for other lines.
std::string EndingOf(const std::string& line) {
  return line.rfind("| ", 0) == 0 ? line.substr(0, line.find(" | ", 2)) : "";
}

// The lines of the table in `text` that `played`, which a machine that refuses
// some of them has printed, has without a dash. The sentences below have other
// counts there.
std::vector<std::string> PlayedRows(const std::string& text,
                                    const std::string& played) {
  std::set<std::string> refused;
  std::istringstream lines(played);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" | - |") != std::string::npos)
      refused.insert(EndingOf(line));
  }
  std::vector<std::string> rows;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) {
    const std::string ending = EndingOf(line);
    if (!ending.empty() && refused.count(ending) == 0) rows.push_back(line);
  }
  return rows;
}

// What everything gives where it is as expected.
compare::Comparison Expected(const std::vector<std::string>& columns) {
  compare::Comparison comparison;
  comparison.columns = *compare::SelectColumns(columns);
  const auto all = compare::SelectScenarios({});
  for (const compare::Scenario* scenario : *all) {
    compare::Row& row = comparison.rows.emplace_back();
    row.scenario = scenario;
    for (const compare::Column* column : comparison.columns) {
      compare::Cell& cell = row.cells.emplace_back();
      cell.column = column;
      cell.expected = &compare::ExpectationFor(*scenario, *column);
      cell.process.ending = cell.expected->ending.value_or(scenario->ending);
      if (cell.expected->left()) cell.content = {3, 2, 12288};
      if (cell.expected->stage != nullptr) cell.stage = cell.expected->stage;
    }
  }
  return comparison;
}

TEST(ComparisonDocumentTest, HasTheCurrentTable) {
  const auto section = compare::MarkedSection(Content(kDocument));
  ASSERT_TRUE(section.ok()) << section.status();
  const finalize_test::ToolRun run =
      finalize_test::Compare({"--format=markdown", "--columns=own"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  if (finalize_test::MachineRefusesPlaces()) {
    EXPECT_EQ(PlayedRows(*section, run.output),
              PlayedRows(run.output, run.output));
    return;
  }
  EXPECT_EQ(*section, run.output) << "run tools/compare --update=" << kDocument;
}

// Which languages are installed here makes no difference: compare_others_test
// plays those that are, and finds that they do as expected.
TEST(ComparisonDocumentTest, HasTheExpectedTableOfTheOthers) {
  const std::string document = Content(kDocument);
  const auto section =
      compare::MarkedSection(document, compare::kOthersSection);
  ASSERT_TRUE(section.ok()) << section.status();
  EXPECT_EQ(*section, compare::FormatMarkdown(Expected({"others"})))
      << "run tools/compare --update=" << kDocument;
}

// The numbers in what is written beside the table.
TEST(ComparisonDocumentTest, CountsTheWaysOfEnding) {
  const finalize_test::ToolRun run = finalize_test::Compare({"--list"});
  std::istringstream lines(run.output);
  int ways = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("  ", 0) == 0) ++ways;
  }
  const std::string count = std::to_string(ways) + " ways";
  EXPECT_THAT(Content(kDocument),
              testing::HasSubstr(count + " in which the owner"));
  EXPECT_THAT(Content("README.md"),
              testing::HasSubstr("in " + count + " their owner can end"));
}

// As for the tables: what is installed here makes no difference, nor what this
// machine refuses.
TEST(ComparisonPageTest, IsCurrent) {
  const std::string page =
      compare::FormatHtml(Expected({"own", "others"}), compare::Detail::kWhat);
  // The whole page would be no help.
  EXPECT_TRUE(page == Content(kPage)) << "run tools/compare --update=" << kPage;
}

}  // namespace
