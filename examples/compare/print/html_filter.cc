// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/html_filter.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "examples/compare/print/html_cell.h"

namespace compare {
namespace {

// --name is the title where there is no room for more.
constexpr char kNameRule[] = R"css(
.c-@ { --name: "@"; })css";

// The column; its explanations, unless another column shares them; the rows and
// groups in which it left something; and the cell that a link leads to.
constexpr char kColumnRules[] = R"css(
body:has(#show-@:not(:checked)) .c-@:not(:target) { display: none; }
body:has(#show-@:checked) .w-@,
body:has(#show-@:checked):has(#only-left:checked) :is(.l-@, .g-@) {
  display: var(--shown);
}
body:has(#show-@:checked):has(#only-left:checked) .n-@ { display: none; }
body:has(#show-@:checked):has(#only-left:checked) .g-@ { --rest: none; }
.cells:has(+ .more .c-@:target) .c-@ { outline: 2px solid var(--text); }
)css";

// Whatever has a display of its own says so in --shown. What a link leads to is
// shown, whatever the switches say: an explanation with its row, or a group. Of
// a group in which nothing was left, that is all rows; of others, --rest hides
// those in which nothing was left.
constexpr char kFilterRules[] = R"css(
.filter { display: var(--shown); }
.why:not(:has(:target)) { display: none; }
body:has(#only-left:checked) :is(tbody, .cells, .more, nav li) {
  display: none;
}
body:has(#only-left:checked)
:is(tbody:has(:target), .cells:has(+ .more :target), .more:has(:target)) {
  display: var(--shown);
}
body:has(#only-left:checked) tbody:has(.group :target) :is(.cells, .more) {
  display: var(--rest, var(--shown));
}
body:has(#only-left:checked):has(.cards :checked) .nothing { display: block; }
body:not(:has(.cards :checked)) .no-column { display: block; }
)css";

Html Switch(const std::string& id, bool on, std::string_view label) {
  return Element("label",
                 EmptyElement("input", {{"type", "checkbox"},
                                        {"class", "filter"},
                                        {"id", id},
                                        {"checked", on ? "checked" : ""}}) +
                     Html::Constant(" ") + Text(label));
}

}  // namespace

Html ColumnSwitch(const Column& column) {
  return Switch(absl::StrCat("show-", column.id), true, column.title) +
         Html::Constant(" ") + Element("code", Text(column.id));
}

Html RowSwitch(const Comparison& comparison) {
  return Block("p", {{"class", "filter rows"}},
               Switch("only-left", false,
                      "Only ways of ending in which a column that is shown "
                      "left something, or took it from the parent") +
                   Element("button", {{"type", "reset"}},
                           Text("Show everything"))) +
         Block("p",
               {{"class",
                 absl::StrCat("nothing ", LeftClasses(comparison.rows, "n-"))}},
               Text("Nothing was left, and nothing taken, in the columns "
                    "that are shown.")) +
         Block("p", {{"class", "no-column"}}, Text("No column is chosen."));
}

std::string ColumnStyle(const Comparison& comparison) {
  std::string names;
  std::string rules;
  for (const Column* column : comparison.columns) {
    const auto with_id = [column](const char* text) {
      return absl::StrReplaceAll(text, {{"@", column->id}});
    };
    names += with_id(kNameRule);
    rules += with_id(kColumnRules);
  }
  return absl::StrCat(names, "\n@media screen {\n@supports selector(:has(*)) {",
                      kFilterRules, rules, "}\n}\n");
}

}  // namespace compare
