// SPDX-License-Identifier: Apache-2.0

// The comparison as text, in four forms.
#ifndef EXAMPLES_COMPARE_PRINT_FORMAT_H_
#define EXAMPLES_COMPARE_PRINT_FORMAT_H_

#include <string>

#include "examples/compare/play/comparison.h"
#include "examples/compare/play/words.h"

namespace compare {

// The table for a terminal of `width` characters; what has no room in a cell is
// left out, down to "removed" and "LEFT".
inline constexpr size_t kTableWidth = 120;  // without a terminal
std::string FormatTable(const Comparison& comparison, size_t width, bool color);

// For docs/comparison.md. The same for every run that gives the same results:
// it has neither times nor sizes.
std::string FormatMarkdown(const Comparison& comparison);

// Everything that is known. Text that is not UTF-8 has replacement characters.
std::string FormatJson(const Comparison& comparison);

// A page that needs nothing else, not even scripts: the table, and for each
// cell why it is so. Columns can be hidden, and rows in which nothing was left.
// With Detail::kAll it also has times, sizes and what the programs said;
// without it is the same for every run that gives the same results.
std::string FormatHtml(const Comparison& comparison, Detail detail);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_FORMAT_H_
