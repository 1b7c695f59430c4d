// SPDX-License-Identifier: Apache-2.0

// Runs a peer that is a program, as a user would: start, work, end.
//
// Confined to one thread.
#ifndef TESTS_BENCHMARKS_BENCH_COMMAND_H_
#define TESTS_BENCHMARKS_BENCH_COMMAND_H_

#include <string>
#include <vector>

namespace bench {

struct Finished {
  bool ok = false;  // it ran, and its exit status is 0
  double seconds = 0;
  std::string output;  // the beginning of its standard output
};

// Runs `command`, a program (looked for in PATH) and its arguments, to its
// end. What it says on standard error is dropped.
Finished RunCommand(const std::vector<std::string>& command);

}  // namespace bench

#endif  // TESTS_BENCHMARKS_BENCH_COMMAND_H_
