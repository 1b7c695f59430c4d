// SPDX-License-Identifier: Apache-2.0

// What the benchmark programs have in common: their flags, and main.
//
//   int main(int argc, char** argv) {
//     return bench::Main(argc, argv, {{"P1", MeasureDetach}});
//   }
//
// Flags: --quick, --only=P1,P2, --json=FILE, --peers=DIRECTORY. The table is
// printed unless it goes to a file.
#ifndef TESTS_BENCHMARKS_BENCH_MAIN_H_
#define TESTS_BENCHMARKS_BENCH_MAIN_H_

#include <string>
#include <vector>

#include "tests/benchmarks/bench_row.h"

namespace bench {

struct Benchmark {
  std::string id;
  std::vector<Row> (*measure)();
};

int Main(int argc, char** argv, const std::vector<Benchmark>& benchmarks);

// Whether --quick is given.
bool Quick();
// How many rounds stand for `count` here: with --quick a quarter, at least 5.
int RoundCount(int count);

// Returns the path of a peer in another language that tools/bench has put into
// the directory of --peers; empty if its tools are not installed here.
std::string PeerPath(const std::string& name);

// A row that could not be measured, and why.
Row Skipped(Row row, std::string why);

}  // namespace bench

#endif  // TESTS_BENCHMARKS_BENCH_MAIN_H_
