// SPDX-License-Identifier: Apache-2.0

// What the style sheet of the page says, as far as a test can see it without a
// browser: what moves, what is hidden, and what is shown nevertheless.

#include <cstdlib>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "examples/compare/play/comparison.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/format.h"
#include "examples/compare/scenarios/selection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/compare/compare_cells.h"
#include "tests/compare/markup.h"

namespace {

using compare::Detail;
using finalize_test::MarkupElement;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::Not;

std::unique_ptr<MarkupElement> PageOf(const std::vector<std::string>& columns) {
  return finalize_test::ReadMarkup(FormatHtml(
      compare_test::Expected(*compare::SelectColumns(columns)), Detail::kWhat));
}

// The page with all columns, read once.
const MarkupElement& Page() {
  static const auto& page = *PageOf({"own", "others"}).release();
  return page;
}

std::string StyleOf(const MarkupElement& page) {
  return page.Find("style").at(0)->AllText();
}

std::vector<const MarkupElement*> WithClass(const MarkupElement& in,
                                            const std::string& name) {
  return in.Find([&](const MarkupElement& one) { return one.HasClass(name); });
}

// What follows `before`, a pattern, up to the next semicolon or brace.
std::string After(const std::string& before, const std::string& style) {
  std::smatch match;
  return std::regex_search(style, match, std::regex(before + "([^;}]*)"))
             ? match[1].str()
             : "";
}

double Rems(const std::string& words) { return std::atof(words.c_str()); }

// Below the column titles, the title of a row would cover the ending if only
// one of them moved.
TEST(PageStyleTest, TitleAndEndingOfARowMoveTogether) {
  for (const MarkupElement* row : WithClass(Page(), "cells")) {
    const auto boxes = WithClass(*row, "title");
    ASSERT_EQ(boxes.size(), 1u);
    EXPECT_EQ(boxes[0]->Find("a").size(), 1u);
    EXPECT_EQ(boxes[0]->Find("small").size(), 1u);
  }
  EXPECT_EQ(After("\\.title \\{ position: ", StyleOf(Page())), "sticky");
  EXPECT_EQ(After("\\n\\.title a \\{[^}]*position: ", StyleOf(Page())), "");
}

// What has the focus, or is linked to, is scrolled to below the column titles,
// whose height is less than --head.
TEST(PageStyleTest, ColumnTitlesCoverNothingThatIsScrolledTo) {
  const std::string style = StyleOf(Page());
  EXPECT_EQ(After("\\.title \\{[^}]*top: ", style), "var(--head)");
  EXPECT_EQ(After("\\nhtml \\{ scroll-padding-top: ", style),
            "calc(var(--head) + 1rem)");
  // Four lines, their padding and a border: 88 pixels.
  EXPECT_THAT(Rems(After("--head: ", style)), Ge(88 / 16.0));
}

// In a browser, the table with all columns is 1205 pixels wide.
TEST(PageStyleTest, TableIsShownOnlyIfItHasRoom) {
  const std::string query = "screen and \\(max-width: ";
  EXPECT_THAT(Rems(After(query, StyleOf(Page()))), Ge(1205 / 16.0));
  EXPECT_THAT(Rems(After(query, StyleOf(Page()))), Le(1280 / 16.0));
  EXPECT_EQ(Rems(After(query, StyleOf(*PageOf({"destructor"})))), 48);
}

TEST(PageStyleTest, LinkShowsTheExplanationInAHiddenColumn) {
  const std::string style = StyleOf(Page());
  EXPECT_THAT(style, HasSubstr(".why:not(:has(:target)) { display: none; }"));
  EXPECT_THAT(style, Not(HasSubstr("\n.why { display: none; }")));
  EXPECT_THAT(style, HasSubstr("body:has(#show-hooks:not(:checked)) "
                               ".c-hooks:not(:target) { display: none; }"));
}

TEST(PageStyleTest, LinkShowsAHiddenRow) {
  EXPECT_THAT(StyleOf(Page()),
              HasSubstr("body:has(#only-left:checked)\n"
                        ":is(tbody:has(:target), .cells:has(+ .more :target), "
                        ".more:has(:target)) {\n  display: var(--shown);\n}"));
}

// All rows of a group in which nothing was left; of others, --rest hides those
// that are well.
TEST(PageStyleTest, LinkShowsAHiddenGroup) {
  EXPECT_THAT(StyleOf(Page()),
              HasSubstr("tbody:has(.group :target) :is(.cells, .more) {\n"
                        "  display: var(--rest, var(--shown));\n}"));
  EXPECT_THAT(StyleOf(Page()),
              HasSubstr("body:has(#show-go:checked):has(#only-left:checked) "
                        ".g-go { --rest: none; }"));
}

}  // namespace
