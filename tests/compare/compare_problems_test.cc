// SPDX-License-Identifier: Apache-2.0

// What compare_tempdirs finds wrong in a result, and what it says in its cell.
#include <signal.h>

#include "absl/time/time.h"
#include "examples/compare/play/cell.h"
#include "examples/compare/play/comparison.h"
#include "examples/compare/play/problems.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/summary.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/ending.h"
#include "examples/compare/scenarios/selection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/compare/compare_cells.h"

namespace {

using compare::Cell;
using compare::Comparison;
using compare::Detail;
using compare::FindProblems;
using compare_test::CellOf;
using compare_test::DestructorCell;
using compare_test::Expected;
using compare_test::ExpectedCell;
using compare_test::Named;
using compare_test::WithRefusals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ProblemsTest, NoneIfAllIsAsExpected) {
  EXPECT_THAT(FindProblems(Named("abort"), DestructorCell("abort")), IsEmpty());
}

TEST(ProblemsTest, AWrongExitStatus) {
  Cell cell = DestructorCell("exit-nested");
  cell.process.ending = compare::DiesBy(SIGABRT);
  EXPECT_THAT(FindProblems(Named("exit-nested"), cell),
              ElementsAre("SIGABRT instead of exit 3"));
}

TEST(ProblemsTest, LeftInsteadOfRemoved) {
  Cell cell = DestructorCell("scope-end");
  cell.content = {3, 2, 12288};
  EXPECT_THAT(FindProblems(Named("scope-end"), cell),
              ElementsAre("LEFT 3 files instead of removed at scope end"));
}

TEST(ProblemsTest, RemovedInsteadOfLeft) {
  Cell cell = DestructorCell("abort");
  cell.content = {};
  cell.stage = "at abort";
  EXPECT_THAT(FindProblems(Named("abort"), cell),
              ElementsAre("removed at abort instead of left"));
}

TEST(ProblemsTest, RemovedAtTheWrongTime) {
  Cell cell = DestructorCell("fork-child-exits");
  cell.stage = "by the child";
  EXPECT_THAT(FindProblems(Named("fork-child-exits"), cell),
              ElementsAre("removed by the child instead of removed by the "
                          "parent"));
}

TEST(ProblemsTest, UnexpectedOutput) {
  Cell cell = DestructorCell("abort");
  cell.process.output = "hello\nworld\n";
  cell.process.errors = "oops\n";
  EXPECT_THAT(FindProblems(Named("abort"), cell),
              ElementsAre("said on standard error: oops",
                          "said on standard output: hello"));
}

TEST(ProblemsTest, AMessageThatIsMissing) {
  Cell cell = DestructorCell("undeletable");
  cell.process.errors = "";
  EXPECT_THAT(FindProblems(Named("undeletable"), cell),
              ElementsAre(HasSubstr("said nothing on standard error")));
}

TEST(ProblemsTest, TheTimeLimitMeansNoResult) {
  Cell cell = DestructorCell("scope-end");
  cell.process.killed = true;
  cell.content = {3, 2, 12288};
  EXPECT_EQ(cell.outcome(), Cell::kNoResult);
  EXPECT_THAT(FindProblems(Named("scope-end"), cell),
              ElementsAre(HasSubstr("no result")));
}

TEST(WordsTest, AWrongExitStatusIsShownInItsCell) {
  Cell cell = DestructorCell("exit-nested");
  cell.process.ending = compare::Exits(124);
  EXPECT_EQ(CellWords(Named("exit-nested"), cell, Detail::kState),
            "LEFT; exit 124");
}

TEST(WordsTest, SizesAndTimesReadWell) {
  EXPECT_EQ(compare::ByteWords(1023), "1023 B");
  EXPECT_EQ(compare::ByteWords(12288), "12.0 KiB");
  EXPECT_EQ(compare::ByteWords(uint64_t{3} << 30), "3.0 GiB");
  EXPECT_EQ(compare::TimeWords(absl::Microseconds(440)), "0.4 ms");
  EXPECT_EQ(compare::TimeWords(absl::Milliseconds(123)), "123 ms");
  EXPECT_EQ(compare::TimeWords(absl::Milliseconds(1234)), "1.2 s");
}

TEST(WordsTest, WhatALanguageDoesNotHaveIsADash) {
  const compare::Column& rust = *compare::FindColumn("rust");
  const Cell cell = ExpectedCell(Named("remove-twice"), rust);
  EXPECT_EQ(cell.outcome(), Cell::kNotPlayed);
  EXPECT_EQ(CellWords(Named("remove-twice"), cell, Detail::kAll), "-");
  EXPECT_THAT(FindProblems(Named("remove-twice"), cell), IsEmpty());
}

TEST(WordsTest, AnotherEndOfTheProcessIsShownWhereItIsExpected) {
  const compare::Column& rust = *compare::FindColumn("rust");
  Cell cell = ExpectedCell(Named("exception-uncaught"), rust);
  EXPECT_EQ(CellWords(Named("exception-uncaught"), cell, Detail::kWhat),
            "removed by the panic; exit 101");
  EXPECT_THAT(FindProblems(Named("exception-uncaught"), cell), IsEmpty());
  cell.process.ending = compare::DiesBy(SIGABRT);
  EXPECT_THAT(FindProblems(Named("exception-uncaught"), cell),
              ElementsAre("SIGABRT instead of exit 101"));
}

TEST(WordsTest, WhatWasNotPlayedIsADashAndNoProblem) {
  Comparison comparison = WithRefusals();
  Cell& cell = CellOf(&comparison, "overlay-exit");
  cell.process.ending = compare::Exits(69);
  EXPECT_EQ(CellWords(Named("overlay-exit"), cell, Detail::kAll), "-");
  EXPECT_THAT(FindProblems(Named("overlay-exit"), cell), IsEmpty());
  EXPECT_THAT(FormatMarkdown(comparison),
              HasSubstr("| overlay, exit() | exit 0 | - | removed"));
  const auto json = nlohmann::json::parse(FormatJson(comparison));
  for (const auto& scenario : json["scenarios"]) {
    if (scenario["name"] != "overlay-exit") continue;
    EXPECT_EQ(scenario["cells"]["destructor"]["state"], "not played");
    EXPECT_EQ(scenario["cells"]["destructor"]["refusal"],
              "an overlay: Invalid argument");
  }
}

// Each cell of each column has a reason. What is not played in a column is not
// counted in its sentence.
TEST(ExpectationsTest, AreReasoned) {
  const Comparison all = Expected(*compare::SelectColumns({"own", "others"}));
  for (const compare::Row& row : all.rows) {
    for (const Cell& cell : row.cells) {
      EXPECT_STRNE(cell.expected->why, "")
          << row.scenario->name << ", " << cell.column->id;
    }
  }
  EXPECT_THAT(Summarize(all),
              testing::Contains(HasSubstr("something behind in 32 of 55 ")));
}

}  // namespace
