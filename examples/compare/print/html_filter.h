// SPDX-License-Identifier: Apache-2.0

// The form that hides columns, and rows in which nothing was left and nothing
// was taken from its owner. It is style sheet alone: a rule for each column
// looks whether its switch is on. A browser that does not know :has() shows no
// form, and everything; so does paper.
#ifndef EXAMPLES_COMPARE_PRINT_HTML_FILTER_H_
#define EXAMPLES_COMPARE_PRINT_HTML_FILTER_H_

#include <string>

#include "examples/compare/play/comparison.h"
#include "examples/compare/print/html_markup.h"

namespace compare {

// The title of a column, as the label of the switch that shows it.
Html ColumnSwitch(const Column& column);

// The switch for rows in which a column that is shown left something or took
// it, the words for no such row, and the button that shows everything again.
Html RowSwitch(const Comparison& comparison);

// What the style sheet says of each column.
std::string ColumnStyle(const Comparison& comparison);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_HTML_FILTER_H_
