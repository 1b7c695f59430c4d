// SPDX-License-Identifier: Apache-2.0

// The sentences below the table of compare_tempdirs.
#include <signal.h>

#include <algorithm>
#include <string>
#include <vector>

#include "examples/compare/play/comparison.h"
#include "examples/compare/print/summary.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/compare/compare_cells.h"

namespace {

using compare::Comparison;
using compare_test::CellOf;
using compare_test::Expected;
using compare_test::Named;
using compare_test::WithRefusals;
using testing::ElementsAre;
using testing::HasSubstr;

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
              ElementsAre("destructor style left something behind in 0 of 2 "
                          "ways of ending.",
                          "finalizer style left something behind in 0 of 2 "
                          "ways of ending."));
}

TEST(SummaryTest, NamesWhatAllColumnsLeftIfThatIsLittle) {
  Comparison comparison = Expected();
  comparison.rows.erase(
      std::remove_if(comparison.rows.begin(), comparison.rows.end(),
                     [](const compare::Row& row) {
                       return row.scenario != &Named("sigkill");
                     }),
      comparison.rows.end());
  EXPECT_THAT(Summarize(comparison),
              ElementsAre("destructor style left something behind in 1 of 1 "
                          "way of ending: SIGKILL.",
                          "finalizer style left something behind in 1 of 1 "
                          "way of ending: SIGKILL.",
                          "Every style left something behind in 1: SIGKILL."));
}

TEST(SummaryTest, DoesNotCountWhatHasNoResult) {
  Comparison comparison = Expected();
  CellOf(&comparison, "abort").process.killed = true;
  EXPECT_THAT(Summarize(comparison)[0],
              AllOf(HasSubstr("in 32 of 56"), HasSubstr("Without result: 1.")));
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

}  // namespace
