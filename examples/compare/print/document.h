// SPDX-License-Identifier: Apache-2.0

// The documents that --update writes.
#ifndef EXAMPLES_COMPARE_PRINT_DOCUMENT_H_
#define EXAMPLES_COMPARE_PRINT_DOCUMENT_H_

#include <string>

#include "absl/status/status.h"
#include "examples/compare/play/comparison.h"

namespace compare {

// Returns why UpdateDocument could not write to `path`: it is not a file,
// cannot be read or written, or lacks a section.
absl::Status CheckDocument(const std::string& path);

// Writes to the file `path`: a page where it is named *.html, and otherwise the
// marked sections of a Markdown document, which have to exist. Both are the
// same for every run that gives the same results. It is an error if a language
// is not installed, or if this machine refuses to play something.
absl::Status UpdateDocument(const std::string& path,
                            const Comparison& comparison);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_DOCUMENT_H_
