// SPDX-License-Identifier: Apache-2.0

// The explanation below a row: what the program does, what came of it in each
// column, and why. Columns with the same outcome for the same reason share one.
#ifndef EXAMPLES_COMPARE_PRINT_HTML_WHY_H_
#define EXAMPLES_COMPARE_PRINT_HTML_WHY_H_

#include "examples/compare/play/comparison.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/html_markup.h"

namespace compare {

// A <details>. It holds the anchors of the row and of its cells: a browser
// opens it when one of them is followed. With Detail::kAll it has what the
// programs wrote to standard error.
Html WhyHtml(const Row& row, Detail detail);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_HTML_WHY_H_
