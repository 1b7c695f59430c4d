// SPDX-License-Identifier: Apache-2.0

// What is compared: a card for each column, with what it is, in how many ways
// of ending it left something, and the switch that hides it.
#ifndef EXAMPLES_COMPARE_PRINT_HTML_COLUMNS_H_
#define EXAMPLES_COMPARE_PRINT_HTML_COLUMNS_H_

#include <string>

#include "examples/compare/play/comparison.h"
#include "examples/compare/print/html_markup.h"

namespace compare {

Html ColumnCards(const Comparison& comparison);

// The anchor of a card.
std::string ColumnAnchor(const Column& column);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_HTML_COLUMNS_H_
