// SPDX-License-Identifier: Apache-2.0

// The messages of the compiler for a case of a compile_errors() target.
#ifndef TESTS_SUPPORT_COMPILE_ERRORS_H_
#define TESTS_SUPPORT_COMPILE_ERRORS_H_

#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace finalize_test {

struct Compilation {
  bool compiled = false;
  std::string messages;
};

// Reads a result. `file` is <target>/<case>.txt in the package of the test.
inline Compilation CompilationOf(const std::string& file) {
  const size_t slash = file.find('/');
  std::ifstream in(HelperPath(file.substr(0, slash)) + file.substr(slash));
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const size_t status = text.rfind("exit status ");
  if (status == std::string::npos) {
    ADD_FAILURE() << file << " is not there";
    return {};
  }
  return {text.substr(status) == "exit status 0\n", text.substr(0, status)};
}

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_COMPILE_ERRORS_H_
