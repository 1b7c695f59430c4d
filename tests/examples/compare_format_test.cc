// SPDX-License-Identifier: Apache-2.0

// What compare_tempdirs makes of results that are given here.

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "examples/compare/play/cell.h"
#include "examples/compare/play/comparison.h"
#include "examples/compare/play/problems.h"
#include "examples/compare/play/process.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/marked_section.h"
#include "examples/compare/print/summary.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/ending.h"
#include "examples/compare/scenarios/scenario.h"
#include "examples/compare/scenarios/selection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace {

using compare::Cell;
using compare::Comparison;
using compare::Detail;
using compare::FindProblems;
using compare::kTableWidth;
using compare::Scenario;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Scenario& Named(const char* name) { return *compare::FindScenario(name); }

// What `scenario` gives in `column` where all is as expected.
Cell ExpectedCell(const Scenario& scenario, const compare::Column& column) {
  Cell cell;
  cell.column = &column;
  cell.expected = &compare::ExpectationFor(scenario, column);
  cell.process.ending = cell.expected->ending.value_or(scenario.ending);
  cell.process.errors =
      cell.expected->says != nullptr ? cell.expected->says : scenario.says;
  if (cell.expected->left()) {
    cell.content = {3, 2, 12288};
  } else if (!cell.expected->absent) {
    cell.stage = cell.expected->stage;
    cell.after = absl::Microseconds(400);
  }
  return cell;
}

Cell DestructorCell(const char* scenario) {
  return ExpectedCell(Named(scenario), *compare::FindColumn("destructor"));
}

// All scenarios in `columns`, as expected.
Comparison Expected(const std::vector<const compare::Column*>& columns) {
  Comparison comparison;
  comparison.columns = columns;
  const auto all = compare::SelectScenarios({});
  for (const Scenario* scenario : *all) {
    compare::Row& row = comparison.rows.emplace_back();
    row.scenario = scenario;
    for (const compare::Column* column : columns) {
      row.cells.push_back(ExpectedCell(*scenario, *column));
    }
  }
  return comparison;
}

Comparison Expected() {
  return Expected(
      {compare::FindColumn("destructor"), compare::FindColumn("finalizer")});
}

Cell& CellOf(Comparison* comparison, const std::string& scenario) {
  for (compare::Row& row : comparison->rows) {
    if (row.scenario->name == scenario) return row.cells[0];
  }
  abort();
}

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

TEST(SummaryTest, SaysWhatWasLeftOut) {
  Comparison comparison = Expected();
  comparison.left_out = {"Go is left out: install golang-go."};
  EXPECT_EQ(Summarize(comparison).back(), "Go is left out: install golang-go.");
}

TEST(SummaryTest, CountsWhatTheCellsSay) {
  const std::vector<std::string> before = Summarize(Expected());
  EXPECT_THAT(before[0], HasSubstr("left something behind in 33 of 56"));
  EXPECT_THAT(before[1], HasSubstr("left something behind in 21 of 56"));

  Comparison worse = Expected();
  CellOf(&worse, "scope-end").content = {1, 0, 1};
  const std::vector<std::string> after = Summarize(worse);
  EXPECT_THAT(after[0], HasSubstr("left something behind in 34 of 56"));
  EXPECT_THAT(after[0], HasSubstr("end of scope"));
  EXPECT_EQ(after[1], before[1]);
}

TEST(SummaryTest, SaysThatNothingWasLeft) {
  Comparison comparison = Expected();
  comparison.rows.resize(2);
  EXPECT_THAT(Summarize(comparison),
              ElementsAre("destructor style left nothing behind in 2 ways of "
                          "ending.",
                          "finalizer style left nothing behind in 2 ways of "
                          "ending."));
}

TEST(SummaryTest, DoesNotCountWhatHasNoResult) {
  Comparison comparison = Expected();
  CellOf(&comparison, "abort").process.killed = true;
  EXPECT_THAT(Summarize(comparison)[0],
              AllOf(HasSubstr("in 32 of 56"), HasSubstr("Without result: 1.")));
}

Comparison WithRefusals() {
  Comparison comparison = Expected();
  for (const char* const name : {"overlay-exit", "overlay-sigkill"}) {
    CellOf(&comparison, name).refusal = "an overlay: Invalid argument";
  }
  return comparison;
}

TEST(SummaryTest, CountsWhatWasPlayedAndSaysWhatWasNot) {
  const std::vector<std::string> sentences = Summarize(WithRefusals());
  EXPECT_THAT(sentences[0], HasSubstr("in 31 of 54"));
  EXPECT_THAT(sentences[1], HasSubstr("in 21 of 56"));
  EXPECT_EQ(
      sentences.back(),
      "Not played on this machine (an overlay: Invalid argument): overlay, "
      "exit(); overlay, SIGKILL.");
}

TEST(SummaryTest, CountsNothingIfNothingWasPlayed) {
  Comparison comparison = WithRefusals();
  comparison.rows.erase(
      std::remove_if(
          comparison.rows.begin(), comparison.rows.end(),
          [](const compare::Row& row) { return row.cells[0].refusal.empty(); }),
      comparison.rows.end());
  EXPECT_EQ(Summarize(comparison)[0], "destructor style was not played.");
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

// The process has a child that lives on, and neither would ever end.
TEST(ProcessTest, KillsTheWholeFamilyAtTheLimit) {
  compare::ProcessRequest request;
  request.program = "/bin/sh";
  request.arguments = {"-c", "sleep 100000 & exec sleep 100000"};
  request.temp_directory = getenv("TEST_TMPDIR");
  request.output_directory = getenv("TEST_TMPDIR");
  request.limit = absl::Milliseconds(50);
  const auto result = compare::RunProcess(request);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->killed);
  EXPECT_EQ(result->ending, compare::DiesBy(SIGKILL));
}

// The process ends at once; its child writes when it sees that.
TEST(ProcessTest, WaitsForWhatTheProcessForked) {
  compare::ProcessRequest request;
  request.program = "/bin/sh";
  const std::string end = std::string(getenv("TEST_TMPDIR")) + "/end";
  ASSERT_EQ(mkfifo(end.c_str(), 0600), 0);
  request.arguments = {"-c", "(read none <$0; echo late) & exec 9>$0; exit 7",
                       end};
  request.temp_directory = getenv("TEST_TMPDIR");
  request.output_directory = getenv("TEST_TMPDIR");
  request.limit = absl::Minutes(10);
  const auto result = compare::RunProcess(request);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->ending, compare::Exits(7));
  EXPECT_EQ(result->output, "late\n");
}

}  // namespace
