// SPDX-License-Identifier: Apache-2.0

// The table of the page: a row for each scenario, below the title of its group.
#ifndef EXAMPLES_COMPARE_PRINT_HTML_TABLE_H_
#define EXAMPLES_COMPARE_PRINT_HTML_TABLE_H_

#include "examples/compare/play/comparison.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/html_markup.h"

namespace compare {

Html TableHtml(const Comparison& comparison, Detail detail);

// Links to the groups in it.
Html GroupLinks(const Comparison& comparison);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_HTML_TABLE_H_
