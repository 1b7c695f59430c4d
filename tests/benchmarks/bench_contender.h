// SPDX-License-Identifier: Apache-2.0

// Contender: a program that removes trees, and what it took in each round.
//
// Thread-compatible (const calls may run concurrently).
#ifndef TESTS_BENCHMARKS_BENCH_CONTENDER_H_
#define TESTS_BENCHMARKS_BENCH_CONTENDER_H_

#include <string>
#include <vector>

#include "tests/benchmarks/bench_row.h"

namespace bench {

struct Contender {
  // Seconds of a round that counts, less those of its start.
  double Median() const;
  double Start() const;

  std::string name;
  std::vector<std::string> command = {};  // the paths follow
  std::vector<std::string> last = {};     // and these follow them
  std::string missing =
      {};               // the package that would have it; else it is installed
  bool failed = false;  // it left something, or said so
  bool too_slow = false;  // given up, to save time
  // Seconds that it takes to remove one empty directory: what it is to be a
  // program, which is not compared.
  std::vector<double> starts = {};
  // Seconds and KiB of growth (0: unknown), by round; seconds are 0 for rounds
  // in which it did not take part.
  std::vector<double> seconds = {};
  std::vector<double> growth = {};
};

// All of them: ours, rm, the floor (see bench_remover.cc), then the others.
// Those written in other languages are where the flags say, as far as their
// tools are installed.
std::vector<Contender> Contenders();

inline constexpr int kOurs = 0;
inline constexpr int kRm = 1;
inline constexpr int kFloor = 2;

// Whether it can still win or has a bar of its own.
bool TakesPart(const Contender& contender);

// Completes `row` with the rounds in which both took part.
Row CompareContenders(Row row, const Contender& ours, const Contender& theirs);

}  // namespace bench

#endif  // TESTS_BENCHMARKS_BENCH_CONTENDER_H_
