// SPDX-License-Identifier: Apache-2.0

// Text in columns of a given width.
#ifndef EXAMPLES_COMPARE_PRINT_TEXT_LAYOUT_H_
#define EXAMPLES_COMPARE_PRINT_TEXT_LAYOUT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace compare {

// Returns `text` with as many spaces as make it `width` wide.
std::string Padded(std::string_view text, size_t width);

// Breaks `text` between words into lines of at most `width`; a longer word has
// a line to itself.
std::vector<std::string> Lines(std::string_view text, size_t width);

// The same as one text; all lines but the first are indented.
std::string Wrap(std::string_view text, size_t width, size_t indent);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_TEXT_LAYOUT_H_
