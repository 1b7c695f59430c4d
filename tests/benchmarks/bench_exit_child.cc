// SPDX-License-Identifier: Apache-2.0

// A process that ends, for process_benchmark.cc: with nothing to do then, or
// with so many finalizers or functions of std::atexit.
//
//   bench_exit_child [finalize|atexit COUNT]

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "finalize/at_exit.h"

namespace {

volatile int64_t sum = 0;
void Count() { sum = sum + 1; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return argc == 1 ? 0 : 2;
  const bool ours = std::string_view(argv[1]) == "finalize";
  const int count = atoi(argv[2]);
  for (int i = 0; i < count; ++i) {
    if (ours) {
      finalize::AtExit(&Count);
    } else if (atexit(&Count) != 0) {
      return 1;
    }
  }
  return 0;
}
