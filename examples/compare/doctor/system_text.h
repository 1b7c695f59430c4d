// SPDX-License-Identifier: Apache-2.0

// Small files of the system.
#ifndef EXAMPLES_COMPARE_DOCTOR_SYSTEM_TEXT_H_
#define EXAMPLES_COMPARE_DOCTOR_SYSTEM_TEXT_H_

#include <fstream>
#include <iterator>
#include <string>

namespace compare {

// The text of the file at `path`; "" if it cannot be read.
inline std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_SYSTEM_TEXT_H_
