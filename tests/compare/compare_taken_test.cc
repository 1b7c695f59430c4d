// SPDX-License-Identifier: Apache-2.0

// What each form of compare_tempdirs says if a child removed the directory that
// its parent still used.
#include <set>
#include <string>
#include <vector>

#include "examples/compare/play/comparison.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/summary.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/selection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/compare/compare_cells.h"
#include "tests/compare/markup.h"
#include "tests/compare/tool_run.h"

namespace {

using compare::Comparison;
using compare::Detail;
using compare::FormatHtml;
using compare_test::Expected;
using finalize_test::MarkupElement;
using finalize_test::ReadMarkup;
using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

using Cells = std::set<std::string>;

// Not fork-daemon, in which the parent has ended, and not fork-daemon-adopts,
// in which the child is the owner.
const Cells& Taken() {
  static const Cells& taken = *new Cells{
      "fork-child-exits.python-del", "fork-child-exits.python-finalize",
      "fork-child-returns.mkdtemp",  "fork-child-returns.python-del",
      "fork-child-returns.rust",     "fork-child-returns.python-finalize",
  };
  return taken;
}

Comparison ExpectedInAllColumns() {
  return Expected(*compare::SelectColumns({"own", "others"}));
}

std::vector<const MarkupElement*> WithClass(const MarkupElement& in,
                                            const std::string& name) {
  return in.Find([&](const MarkupElement& one) { return one.HasClass(name); });
}

Cells TakenInJson(const json& output) {
  Cells taken;
  for (const json& scenario : output["scenarios"]) {
    for (const auto& [column, cell] : scenario["cells"].items()) {
      if (!cell.value("taken_from_parent", false)) continue;
      taken.insert(scenario["name"].get<std::string>() + "." + column);
    }
  }
  return taken;
}

TEST(TakenTest, IsSaidInJson) {
  EXPECT_EQ(TakenInJson(json::parse(FormatJson(ExpectedInAllColumns()))),
            Taken());
}

TEST(TakenTest, IsSaidOfWhatIsPlayed) {
  const finalize_test::ToolRun run = finalize_test::Compare(
      {"--format=json", "--columns=mkdtemp,finalizer", "--only=fork"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  const json output = json::parse(run.output);
  EXPECT_EQ(TakenInJson(output), Cells{"fork-child-returns.mkdtemp"});
  EXPECT_THAT(output["summary"],
              Contains("A child removed the directory that its parent still "
                       "used: plain mkdtemp class (fork, child returns)."));
}

TEST(TakenTest, HasAMarkOfItsOwnOnThePage) {
  const auto page =
      ReadMarkup(FormatHtml(ExpectedInAllColumns(), Detail::kWhat));
  ASSERT_NE(page, nullptr);
  Cells taken;
  for (const MarkupElement* row : WithClass(*page, "cells")) {
    for (const MarkupElement* cell : WithClass(*row, "taken")) {
      EXPECT_EQ(cell->AllText(), "removed by the child, taken from the parent");
      EXPECT_FALSE(cell->HasClass("removed"));
      taken.insert((*cell->Find("a").at(0))["href"].substr(1));
    }
  }
  EXPECT_EQ(taken, Taken());
  const auto legend = WithClass(*page, "legend");
  ASSERT_EQ(legend.size(), 1u);
  EXPECT_THAT(legend[0]->AllText(),
              HasSubstr("a child removed it while its parent still used it"));
}

// The filter hides the rows without this class.
TEST(TakenTest, IsNotHiddenWithWhatIsWell) {
  const auto page =
      ReadMarkup(FormatHtml(ExpectedInAllColumns(), Detail::kWhat));
  ASSERT_NE(page, nullptr);
  Cells kept;
  for (const MarkupElement* row : WithClass(*page, "cells")) {
    const std::string name = (*row->Find("a").at(0))["href"].substr(1);
    if (name.rfind("fork-child-", 0) != 0) continue;
    for (const compare::Column& column : compare::AllColumns()) {
      const std::string id = column.id;
      if (!row->HasClass("l-" + id)) continue;
      EXPECT_TRUE(row->parent->HasClass("g-" + id));
      kept.insert(name + "." + id);
    }
  }
  EXPECT_EQ(kept, Taken());
}

TEST(TakenTest, IsCountedOnTheCardOfItsColumn) {
  const auto page =
      ReadMarkup(FormatHtml(ExpectedInAllColumns(), Detail::kWhat));
  ASSERT_NE(page, nullptr);
  const auto card = page->Find([](const MarkupElement& one) {
    return one["id"] == "column.python-finalize";
  });
  ASSERT_EQ(card.size(), 1u);
  EXPECT_THAT(card[0]->AllText(), HasSubstr("2 taken from the parent"));
}

TEST(TakenTest, IsBoldInMarkdown) {
  const std::string text = FormatMarkdown(ExpectedInAllColumns());
  EXPECT_THAT(text, HasSubstr("| **removed by the child** |"));
  EXPECT_THAT(text, HasSubstr("| fork, the child adopts | exit 0 | removed by "
                              "the child |"));
}

TEST(TakenTest, HasTheColorOfWhatWasLeft) {
  const std::string text =
      FormatTable(Expected(*compare::SelectColumns({"mkdtemp"})), 160, true);
  EXPECT_THAT(text, HasSubstr("\033[33mremoved by the child"));
}

TEST(TakenTest, IsSaidBelowTheTable) {
  EXPECT_THAT(
      Summarize(ExpectedInAllColumns()),
      Contains("A child removed the directory that its parent still used: "
               "plain mkdtemp class (fork, child returns), Python destructor "
               "(fork, child exits; fork, child returns), Python "
               "weakref.finalize (fork, child exits; fork, child returns), "
               "Rust tempfile (fork, child returns)."));
}

TEST(TakenTest, IsNotSaidIfNothingWas) {
  const Comparison own = Expected(*compare::SelectColumns({"own"}));
  EXPECT_THAT(Summarize(own), Not(Contains(HasSubstr("A child"))));
  EXPECT_THAT(FormatHtml(own, Detail::kWhat),
              Not(HasSubstr("its parent still used it")));
}

}  // namespace
