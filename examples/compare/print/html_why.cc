// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/html_why.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "examples/compare/print/html_cell.h"

namespace compare {
namespace {

using Cells = std::vector<const Cell*>;

class RowWhy {
 public:
  RowWhy(const Row& row, Detail detail)
      : scenario_(*row.scenario), row_(row), detail_(detail) {}

  Html ToHtml() const {
    Html reasons;
    for (const Cells& cells : SharedReasons()) reasons += Reason(cells);
    return Element("details", Block("summary", {}, Text(scenario_.what)) +
                                  Element("dl", {{"id", scenario_.name}},
                                          Html::Constant("\n") + reasons));
  }

 private:
  // Cells with the same reason, in the order of the columns.
  std::vector<Cells> SharedReasons() const {
    std::vector<Cells> reasons;
    for (const Cell& cell : row_.cells) {
      const auto same = std::find_if(
          reasons.begin(), reasons.end(),
          [&](const Cells& cells) { return SameReason(*cells[0], cell); });
      if (same == reasons.end()) {
        reasons.push_back({&cell});
      } else {
        same->push_back(&cell);
      }
    }
    return reasons;
  }

  bool SameReason(const Cell& a, const Cell& b) const {
    return KindOf(scenario_, a) == KindOf(scenario_, b) &&
           Outcome(scenario_, a) == Outcome(scenario_, b) &&
           WhyWords(a) == WhyWords(b) && a.problems == b.problems &&
           Messages(a) == Messages(b);
  }

  // That of a machine which refuses to play it is the reason, too.
  std::string Messages(const Cell& cell) const {
    return detail_ == Detail::kAll && cell.refusal.empty() ? cell.process.errors
                                                           : "";
  }

  Html Reason(const Cells& cells) const {
    const Cell& cell = *cells[0];
    Html names = Element("b", {{"class", KindClass(KindOf(scenario_, cell))}},
                         Text(Outcome(scenario_, cell)));
    std::string columns = cells.size() == row_.cells.size() ? "why all" : "why";
    for (const Cell* one : cells) {
      names += Html::Constant("\n") + Name(*one->column);
      absl::StrAppend(&columns, " w-", one->column->id);
    }
    Html why = Text(WhyWords(cell));
    if (!cell.problems.empty()) {
      why += Element(
          "p", Text(absl::StrCat("Not as expected: ",
                                 absl::StrJoin(cell.problems, "; "), ".")));
    }
    if (const std::string messages = Messages(cell); !messages.empty()) {
      why += Element("pre", Text(messages));
    }
    return Block("div", {{"class", columns}},
                 Element("dt", names) + Element("dd", why));
  }

  // The name of a column, and the anchor of its cell.
  Html Name(const Column& column) const {
    const std::string anchor = AnchorOf(scenario_, column);
    return Element("a",
                   {{"class", ColumnClass(column)},
                    {"id", anchor},
                    {"href", absl::StrCat("#", anchor)}},
                   Text(column.title));
  }

  const Scenario& scenario_;
  const Row& row_;
  const Detail detail_;
};

}  // namespace

Html WhyHtml(const Row& row, Detail detail) {
  return RowWhy(row, detail).ToHtml();
}

}  // namespace compare
