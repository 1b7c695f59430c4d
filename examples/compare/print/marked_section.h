// SPDX-License-Identifier: Apache-2.0

// The part of a document that this tool writes: what stands between the lines
// "<!-- comparison: begin -->" and "<!-- comparison: end -->".
#ifndef EXAMPLES_COMPARE_PRINT_MARKED_SECTION_H_
#define EXAMPLES_COMPARE_PRINT_MARKED_SECTION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace compare {

// The sections of docs/comparison.md.
inline constexpr char kOwnSection[] = "comparison";
inline constexpr char kOthersSection[] = "others";

// Returns what stands between the markers of `document`, "<!-- NAME: begin -->"
// and the same with "end", from the line after the first to the line before the
// second. NotFound where a marker is missing.
absl::StatusOr<std::string> MarkedSection(
    const std::string& document, const std::string& name = kOwnSection);

// Returns `document` with `section` there.
absl::StatusOr<std::string> WithMarkedSection(
    const std::string& document, const std::string& section,
    const std::string& name = kOwnSection);

// Does the same to a file.
absl::Status UpdateMarkedSection(const std::string& path,
                                 const std::string& section,
                                 const std::string& name = kOwnSection);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_MARKED_SECTION_H_
