// SPDX-License-Identifier: Apache-2.0

// Small files of the system.
#ifndef EXAMPLES_COMPARE_DOCTOR_SYSTEM_TEXT_H_
#define EXAMPLES_COMPARE_DOCTOR_SYSTEM_TEXT_H_

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace compare {

// The text of the file at `path`; nothing if it cannot be opened.
inline std::optional<std::string> TextOf(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The same; "" if it cannot be opened.
inline std::string ReadText(const std::string& path) {
  return TextOf(path).value_or("");
}

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_SYSTEM_TEXT_H_
