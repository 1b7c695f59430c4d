// The comparison as text, in four forms.
#ifndef EXAMPLES_COMPARE_FORMAT_H_
#define EXAMPLES_COMPARE_FORMAT_H_

#include <string>

#include "examples/compare/comparison.h"

namespace compare {

// The table for a terminal, kTableWidth columns wide at most.
inline constexpr size_t kTableWidth = 100;
std::string FormatTable(const Comparison& comparison, bool colour);

// For README.md. The same for every run that gives the same results: it has
// neither times nor sizes.
std::string FormatMarkdown(const Comparison& comparison);

// Everything that is known. Text that is not UTF-8 has replacement characters.
std::string FormatJson(const Comparison& comparison);

// A page that needs nothing else: the table, and for each scenario what the
// program does, what each column makes of it, and why.
std::string FormatHtml(const Comparison& comparison);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_FORMAT_H_
