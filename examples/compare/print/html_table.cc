// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/html_table.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "examples/compare/print/html_cell.h"
#include "examples/compare/print/html_columns.h"
#include "examples/compare/print/html_why.h"
#include "examples/compare/scenarios/selection.h"

namespace compare {
namespace {

constexpr char kCaption[] =
    "What was left of the directory, by the way in which its owner ended";

struct GroupRows {
  const Group* group;
  absl::Span<const Row> rows;
};

std::vector<GroupRows> ByGroup(const Comparison& comparison) {
  std::vector<GroupRows> groups;
  const absl::Span<const Row> rows = comparison.rows;
  for (size_t begin = 0, end; begin < rows.size(); begin = end) {
    const Group& group = GroupOf(*rows[begin].scenario);
    for (end = begin + 1; end < rows.size(); ++end) {
      if (&GroupOf(*rows[end].scenario) != &group) break;
    }
    groups.push_back({&group, rows.subspan(begin, end - begin)});
  }
  return groups;
}

std::string GroupAnchor(const Group& group) {
  return absl::StrCat("group.", group.name);
}

Html ColumnTitles(const Comparison& comparison) {
  Html titles = Block(
      "th", {{"scope", "col"}},
      Text("how it ends ") + Element("small", Text("exit status or signal")));
  for (const Column* column : comparison.columns) {
    titles +=
        Block("th", {{"scope", "col"}, {"class", ColumnClass(*column)}},
              Element("a", {{"href", absl::StrCat("#", ColumnAnchor(*column))}},
                      Text(column->title)));
  }
  return Block("thead", {}, Element("tr", titles));
}

// The whole cell is a link to its explanation. Tab goes to the explanation of
// the row instead, which has the same: a table of links is no joy to tab
// through.
Html CellOf(const Scenario& scenario, const Cell& cell, Detail detail) {
  return Block(
      "td",
      {{"class", absl::StrCat(ColumnClass(*cell.column), " ",
                              KindClass(KindOf(scenario, cell)))}},
      Element("a",
              {{"href", absl::StrCat("#", AnchorOf(scenario, *cell.column))},
               {"tabindex", "-1"}},
              CellHtml(scenario, cell, detail)));
}

// Two rows of the table: the cells, and the explanation.
Html RowHtml(const Row& row, Detail detail) {
  const Scenario& scenario = *row.scenario;
  const std::string left = LeftClasses({&row, 1}, "l-");
  // One box, so that title and ending move together below the column titles.
  const Html title =
      Element("div", {{"class", "title"}},
              Element("a", {{"href", absl::StrCat("#", scenario.name)}},
                      Text(scenario.title)) +
                  Html::Constant(" ") +
                  Element("small", Text(ToString(scenario.ending))));
  Html cells = Block("th", {{"scope", "row"}, {"rowspan", "2"}}, title);
  for (const Cell& cell : row.cells) cells += CellOf(scenario, cell, detail);
  return Block("tr", {{"class", absl::StrCat("cells ", left)}}, cells) +
         Block("tr", {{"class", absl::StrCat("more ", left)}},
               Element("td", {{"colspan", absl::StrCat(row.cells.size())}},
                       WhyHtml(row, detail)));
}

Html Body(const GroupRows& group, Detail detail) {
  Html rows =
      Block("tr", {{"class", "group"}},
            Element("th",
                    {{"scope", "rowgroup"},
                     {"colspan", absl::StrCat(group.rows[0].cells.size() + 1)},
                     {"id", GroupAnchor(*group.group)}},
                    Element("span", Text(group.group->title))));
  for (const Row& row : group.rows) rows += RowHtml(row, detail);
  return Block("tbody", {{"class", LeftClasses(group.rows, "g-")}}, rows);
}

}  // namespace

Html TableHtml(const Comparison& comparison, Detail detail) {
  Html table = Block("caption", {}, Text(kCaption)) + ColumnTitles(comparison);
  for (const GroupRows& group : ByGroup(comparison)) {
    table += Body(group, detail);
  }
  return Block("table", {}, table);
}

Html GroupLinks(const Comparison& comparison) {
  Html links;
  for (const auto& [group, rows] : ByGroup(comparison)) {
    links +=
        Block("li", {{"class", LeftClasses(rows, "g-")}},
              Element("a", {{"href", absl::StrCat("#", GroupAnchor(*group))}},
                      Text(group->title)));
  }
  return Block("nav", {{"aria-label", "ways of ending"}}, Element("ul", links));
}

}  // namespace compare
