// SPDX-License-Identifier: Apache-2.0

// Compiled without a -std, as the defaults of Bazel and of the compiler have
// it: the header says what is missing.
#include "finalize/at_exit.h"

int main() {
  finalize::AtExit([] {});
}
