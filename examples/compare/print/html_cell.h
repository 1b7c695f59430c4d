// SPDX-License-Identifier: Apache-2.0

// What the page says of one cell, and the names by which a cell and its column
// are linked to, styled and filtered.
#ifndef EXAMPLES_COMPARE_PRINT_HTML_CELL_H_
#define EXAMPLES_COMPARE_PRINT_HTML_CELL_H_

#include <string>

#include "absl/types/span.h"
#include "examples/compare/play/cell.h"
#include "examples/compare/play/comparison.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/html_markup.h"

namespace compare {

enum class Kind {
  kRemoved,
  kLeft,
  kTaken,    // a child removed what its parent still used
  kProblem,  // not as expected
  kNone,     // a dash: there is nothing to compare
};
Kind KindOf(const Scenario& scenario, const Cell& cell);

// The class of the style sheet that gives it a color and a sign.
std::string KindClass(Kind kind);

// What came of it, in words.
std::string Outcome(const Scenario& scenario, const Cell& cell);

// The same for the table, where the sign says "removed". With Detail::kAll also
// what was measured: how long the removal took, or how much is left.
Html CellHtml(const Scenario& scenario, const Cell& cell, Detail detail);

// The anchor of a cell, "sigterm.hooks"; that of its row is "sigterm".
std::string AnchorOf(const Scenario& scenario, const Column& column);

// The class of all that goes when a column is hidden: "c-hooks".
std::string ColumnClass(const Column& column);

// The classes that say which columns left something in one of `rows`, or took
// it from the parent, each with `prefix`: "l-destructor l-finalizer".
std::string LeftClasses(absl::Span<const Row> rows, const char* prefix);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_HTML_CELL_H_
