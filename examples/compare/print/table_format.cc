// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/summary.h"
#include "examples/compare/print/text_layout.h"
#include "examples/compare/scenarios/selection.h"

namespace compare {
namespace {

constexpr char kBold[] = "\033[1m";
constexpr char kGreen[] = "\033[32m";
constexpr char kYellow[] = "\033[33m";
constexpr char kRed[] = "\033[1;31m";
constexpr char kPlain[] = "\033[0m";

// The widths of the columns: titles and endings take what they need, and cells
// the rest. A cell has as many details as fit; the time of a removal is shown
// only if it fits in every cell.
struct Layout {
  size_t title = 0;
  size_t ending = 0;
  std::vector<size_t> cells;
  Detail least = Detail::kState;
};

constexpr size_t kGap = 2;

size_t WidestCell(const Comparison& comparison, size_t column, Detail detail) {
  size_t widest = 0;
  for (const Row& row : comparison.rows) {
    const std::string words =
        CellWords(*row.scenario, row.cells[column], detail);
    widest = std::max(widest, words.size());
  }
  return widest;
}

size_t LongestWord(std::string_view text) {
  size_t longest = 0;
  for (const std::string& word : Lines(text, 0)) {
    longest = std::max(longest, word.size());
  }
  return longest;
}

Layout MakeLayout(const Comparison& comparison, size_t width) {
  Layout layout;
  for (const Row& row : comparison.rows) {
    layout.title =
        std::max(layout.title, std::string_view(row.scenario->title).size());
    layout.ending =
        std::max(layout.ending, ToString(row.scenario->ending).size());
  }
  layout.title += kGap;  // below the title of their group
  size_t taken = layout.title + kGap + layout.ending;
  const size_t columns = comparison.columns.size();
  for (size_t i = 0; i < columns; ++i) {
    layout.cells.push_back(std::max(LongestWord(comparison.columns[i]->title),
                                    WidestCell(comparison, i, Detail::kState)));
    taken += kGap + layout.cells[i];
  }
  const size_t spare = taken < width ? width - taken : 0;
  layout.least = Detail::kWhat;
  for (size_t i = 0; i < columns; ++i) {
    layout.cells[i] += spare / columns;
    if (WidestCell(comparison, i, Detail::kWhat) > layout.cells[i]) {
      layout.least = Detail::kState;
    }
  }
  return layout;
}

class TableWriter {
 public:
  TableWriter(const Comparison& comparison, size_t width, bool color)
      : comparison_(comparison),
        layout_(MakeLayout(comparison, width)),
        color_(color) {}

  std::string Write() {
    WriteColumnTitles();
    const Group* last = nullptr;
    for (const Row& row : comparison_.rows) {
      const Group& group = GroupOf(*row.scenario);
      if (&group != last) {
        absl::StrAppend(&text_, "\n", Colored(group.title, kBold), "\n");
      }
      last = &group;
      WriteRow(row);
    }
    return std::move(text_);
  }

 private:
  void WriteColumnTitles() {
    std::vector<std::vector<std::string>> titles;
    size_t height = 0;
    for (size_t i = 0; i < layout_.cells.size(); ++i) {
      titles.push_back(Lines(comparison_.columns[i]->title, layout_.cells[i]));
      height = std::max(height, titles[i].size());
    }
    for (size_t line = 0; line < height; ++line) {
      std::string text =
          Padded("", layout_.title + kGap) +
          Padded(line + 1 == height ? "process" : "", layout_.ending);
      for (size_t i = 0; i < titles.size(); ++i) {
        absl::StrAppend(&text, std::string(kGap, ' '),
                        Padded(line < titles[i].size() ? titles[i][line] : "",
                               layout_.cells[i]));
      }
      absl::StrAppend(
          &text_,
          Colored(std::string(absl::StripTrailingAsciiWhitespace(text)), kBold),
          "\n");
    }
  }

  void WriteRow(const Row& row) {
    absl::StrAppend(&text_, "  ",
                    Padded(row.scenario->title, layout_.title - kGap), "  ",
                    Padded(ToString(row.scenario->ending), layout_.ending));
    for (size_t i = 0; i < row.cells.size(); ++i) {
      const Cell& cell = row.cells[i];
      const size_t width = layout_.cells[i];
      std::string words = CellWords(*row.scenario, cell, Detail::kAll);
      if (layout_.least == Detail::kState || words.size() > width) {
        words = CellWords(*row.scenario, cell, layout_.least);
      }
      const bool last = i + 1 == row.cells.size();
      absl::StrAppend(&text_, std::string(kGap, ' '),
                      Colored(words, ColorOf(*row.scenario, cell)),
                      last ? "" : Padded("", width - words.size()));
    }
    text_ += "\n";
  }

  static const char* ColorOf(const Scenario& scenario, const Cell& cell) {
    if (!cell.problems.empty()) return kRed;
    if (cell.outcome() == Cell::kNotPlayed) return kPlain;
    return cell.left() || cell.taken(scenario) ? kYellow : kGreen;
  }

  std::string Colored(const std::string& text, const char* color) const {
    return color_ ? absl::StrCat(color, text, kPlain) : text;
  }

  const Comparison& comparison_;
  const Layout layout_;
  const bool color_;
  std::string text_;
};

}  // namespace

std::string FormatTable(const Comparison& comparison, size_t width,
                        bool color) {
  std::string text;
  // Two tables: one with all the columns would be too wide.
  for (const bool own : {true, false}) {
    const Comparison part = WithColumns(comparison, own);
    if (part.columns.empty()) continue;
    absl::StrAppend(&text, TableWriter(part, width, color).Write(), "\n");
  }
  for (const std::string& sentence : Summarize(comparison)) {
    absl::StrAppend(&text, Wrap(sentence, width, 2));
  }
  return text;
}

}  // namespace compare
