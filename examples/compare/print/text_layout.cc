// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/text_layout.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace compare {

std::string Padded(std::string_view text, size_t width) {
  std::string padded(text);
  padded.resize(std::max(width, text.size()), ' ');
  return padded;
}

std::vector<std::string> Lines(std::string_view text, size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (line.size() + 1 + word.size() <= width) {
      absl::StrAppend(&line, " ", std::string(word));
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

std::string Wrap(std::string_view text, size_t width, size_t indent) {
  std::string wrapped;
  for (const std::string& line : Lines(text, width - indent)) {
    absl::StrAppend(&wrapped, wrapped.empty() ? "" : std::string(indent, ' '),
                    line, "\n");
  }
  return wrapped;
}

}  // namespace compare
