// SPDX-License-Identifier: Apache-2.0

// The tables in docs/comparison.md are those that compare_tempdirs prints. If
// they are not:
//   tools/compare --update=docs/comparison.md

#include <fstream>
#include <iterator>
#include <string>

#include "examples/compare/play/cell.h"
#include "examples/compare/play/comparison.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/marked_section.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/scenario.h"
#include "examples/compare/scenarios/selection.h"
#include "gtest/gtest.h"
#include "tests/examples/tool_run.h"

namespace {

constexpr char kDocument[] = "docs/comparison.md";

std::string ReadDocument() {
  std::ifstream file(kDocument);
  EXPECT_TRUE(file) << kDocument;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// What everything gives where it is as expected.
compare::Comparison Expected(const std::string& columns) {
  compare::Comparison comparison;
  comparison.columns = *compare::SelectColumns({columns});
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
  const std::string document = ReadDocument();
  const auto section = compare::MarkedSection(document);
  ASSERT_TRUE(section.ok()) << section.status();
  const finalize_test::ToolRun run =
      finalize_test::Compare({"--format=markdown", "--columns=own"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_EQ(*section, run.output) << "run tools/compare --update=" << kDocument;
}

// Which languages are installed here makes no difference: compare_others_test
// plays those that are, and finds that they do as expected.
TEST(ComparisonDocumentTest, HasTheExpectedTableOfTheOthers) {
  const std::string document = ReadDocument();
  const auto section =
      compare::MarkedSection(document, compare::kOthersSection);
  ASSERT_TRUE(section.ok()) << section.status();
  EXPECT_EQ(*section, compare::FormatMarkdown(Expected("others")))
      << "run tools/compare --update=" << kDocument;
}

}  // namespace
