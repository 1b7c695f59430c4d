// SPDX-License-Identifier: Apache-2.0

// The value of the flag --format.
#ifndef EXAMPLES_COMPARE_PRINT_OUTPUT_FORMAT_H_
#define EXAMPLES_COMPARE_PRINT_OUTPUT_FORMAT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace compare {

enum class OutputFormat { kTable, kMarkdown, kJson, kHtml };

// For absl/flags, which finds them by name.
bool AbslParseFlag(absl::string_view text, OutputFormat* format,
                   std::string* error);
std::string AbslUnparseFlag(OutputFormat format);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_OUTPUT_FORMAT_H_
