// SPDX-License-Identifier: Apache-2.0

// What the page says around its table, and in which words.

#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "examples/compare/play/cell.h"
#include "examples/compare/play/comparison.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/format.h"
#include "examples/compare/scenarios/selection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/compare/compare_cells.h"
#include "tests/compare/markup.h"

namespace {

using compare::Comparison;
using compare::Detail;
using compare::FormatHtml;
using compare_test::Expected;
using finalize_test::MarkupElement;
using finalize_test::ReadMarkup;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Comparison ExpectedIn(const std::vector<std::string>& columns) {
  return Expected(*compare::SelectColumns(columns));
}

std::string TextOf(const Comparison& comparison,
                   Detail detail = Detail::kWhat) {
  return ReadMarkup(FormatHtml(comparison, detail))
      ->Find("body")
      .at(0)
      ->AllText();
}

std::string LegendOf(Detail detail) {
  const auto page = ReadMarkup(FormatHtml(Expected(), detail));
  return page
      ->Find([](const MarkupElement& one) { return one.HasClass("legend"); })
      .at(0)
      ->AllText();
}

size_t Occurrences(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) {
    ++count;
  }
  return count;
}

TEST(PageWordsTest, LegendSaysWhatTimesAndSizesAre) {
  EXPECT_THAT(LegendOf(Detail::kAll),
              AllOf(HasSubstr("removed: when, and how long that took"),
                    HasSubstr("left on disk: how much")));
  EXPECT_THAT(LegendOf(Detail::kWhat),
              AllOf(Not(HasSubstr("how long")), Not(HasSubstr("how much"))));
}

TEST(PageWordsTest, LeadSaysWhatTheNextStartIs) {
  EXPECT_THAT(TextOf(ExpectedIn({"restart"})),
              HasSubstr("In the column \"after the next start\", another "
                        "process has then created its first temp dir"));
  EXPECT_THAT(TextOf(ExpectedIn({"hooks"})),
              Not(HasSubstr("after the next start")));
}

TEST(PageWordsTest, LeadSaysWhatTheProcesssDirectoryIs) {
  EXPECT_THAT(TextOf(ExpectedIn({"reaper"})), HasSubstr("finalize-UID-..."));
  EXPECT_THAT(TextOf(ExpectedIn({"others"})),
              Not(HasSubstr("finalize-UID-...")));
}

// Those of the library's own documents.
TEST(PageWordsTest, ReasonsNeedNoGlossary) {
  const std::string text = TextOf(ExpectedIn({"own", "others"}));
  for (const char* const word :
       {"drain", "watchdog", "same parent[,.]", "the repeat_grace",
        "root(?!less)(?! file system)(?! in a user namespace)"}) {
    std::smatch found;
    EXPECT_FALSE(std::regex_search(text, found, std::regex(word)))
        << found.str() << found.suffix().str().substr(0, 60);
  }
}

TEST(PageWordsTest, SayOnceWhatTheMachineRefuses) {
  Comparison comparison = Expected();
  compare::Cell& cell = compare_test::CellOf(&comparison, "overlay-exit");
  cell.refusal = "an overlay: not permitted";
  cell.process.errors = "cannot be played on this machine: " + cell.refusal;
  EXPECT_EQ(Occurrences(TextOf(comparison, Detail::kAll), cell.refusal), 1u);
}

TEST(PageWordsTest, JsonSaysWhyItWasNotPlayed) {
  Comparison comparison = Expected();
  comparison.rows[0].cells[0].refusal = "an overlay: not permitted";
  const auto json = nlohmann::json::parse(FormatJson(comparison));
  EXPECT_EQ(json["scenarios"][0]["cells"]["destructor"]["why"],
            "Not played on this machine: an overlay: not permitted.");
}

TEST(PageWordsTest, SayThatNoColumnIsChosen) {
  const std::string page = FormatHtml(Expected(), Detail::kWhat);
  EXPECT_THAT(page,
              HasSubstr("<p class=\"no-column\">No column is chosen.</p>"));
  EXPECT_THAT(page, HasSubstr("body:not(:has(.cards :checked)) .no-column { "
                              "display: block; }"));
}

// Whoever jumps from landmark to landmark misses nothing.
TEST(PageWordsTest, AreInLandmarks) {
  const auto page = ReadMarkup(FormatHtml(Expected(), Detail::kWhat));
  ASSERT_NE(page, nullptr);
  for (const auto& part : page->Find("body").at(0)->children) {
    EXPECT_THAT(part->name, testing::AnyOf("header", "main", "footer", ""));
    EXPECT_EQ(part->text.find_first_not_of('\n'), std::string::npos);
  }
  EXPECT_EQ(page->Find("header").at(0)->Find("h1").size(), 1u);
  EXPECT_EQ(page->Find("main").at(0)->Find("form").size(), 1u);
}

}  // namespace
