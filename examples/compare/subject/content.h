// SPDX-License-Identifier: Apache-2.0

// The content that temp dirs get, and what is found of it later.
#ifndef EXAMPLES_COMPARE_SUBJECT_CONTENT_H_
#define EXAMPLES_COMPARE_SUBJECT_CONTENT_H_

#include <cstdint>
#include <filesystem>
#include <string>

#include "absl/status/status.h"

namespace compare {

// What a temp dir gets unless it is told a tree to copy.
inline constexpr int kFiles = 3;
inline constexpr int kFileBytes = 4096;

struct Content {
  uint64_t files = 0;  // and links, fifos and so on
  uint64_t directories = 0;
  uint64_t bytes = 0;  // of regular files

  bool empty() const { return files == 0 && directories == 0; }
};

// Puts a copy of the tree `from` into `directory`: its directories, regular
// files and symbolic links. Where `from` is empty: three files, two of them in
// a subdirectory.
absl::Status Fill(const std::filesystem::path& directory,
                  const std::filesystem::path& from);

// Counts the entries below `directory`.
Content Measure(const std::filesystem::path& directory);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SUBJECT_CONTENT_H_
