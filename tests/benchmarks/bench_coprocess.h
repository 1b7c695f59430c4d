// SPDX-License-Identifier: Apache-2.0

// Coprocess: a peer in another language, that measures itself in turn with us:
// for each line that it reads it does a batch of its work and writes one
// number, nanoseconds a call. It ends when it can read no more.
//
// Confined to one thread.
#ifndef TESTS_BENCHMARKS_BENCH_COPROCESS_H_
#define TESTS_BENCHMARKS_BENCH_COPROCESS_H_

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace bench {

class Coprocess {
 public:
  // Starts `command`, a program (looked for in PATH) and its arguments.
  explicit Coprocess(const std::vector<std::string>& command);
  ~Coprocess();
  Coprocess(const Coprocess&) = delete;
  Coprocess& operator=(const Coprocess&) = delete;

  // Returns what it measured; not a positive number if it is not there.
  double Measure();

 private:
  FILE* to_ = nullptr;
  FILE* from_ = nullptr;
  pid_t pid_ = -1;
};

}  // namespace bench

#endif  // TESTS_BENCHMARKS_BENCH_COPROCESS_H_
