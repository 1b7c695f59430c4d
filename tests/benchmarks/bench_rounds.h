// SPDX-License-Identifier: Apache-2.0

// Measures alternatives in turn, so that what disturbs the machine disturbs
// all of them alike.
//
//   bench::Rounds rounds = bench::MeasureInTurn(
//       bench::RoundCount(200),
//       {[] { return bench::CpuPerCall(20000, [] { Ours(); }); },
//        [] { return bench::CpuPerCall(50000, [] { Theirs(); }); }});
//   bench::Row row = bench::Compare({"P1", "ours", "theirs"}, rounds);
//
// Confined to one thread.
#ifndef TESTS_BENCHMARKS_BENCH_ROUNDS_H_
#define TESTS_BENCHMARKS_BENCH_ROUNDS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "tests/benchmarks/bench_row.h"

namespace bench {

// Seconds of this thread's processor time. Being preempted costs none.
double ThreadCpuSeconds();
// Seconds of a clock that does not jump.
double WallSeconds();

// Returns the processor time of one call in nanoseconds.
template <class Body>
double CpuPerCall(int64_t calls, Body&& body) {
  const double start = ThreadCpuSeconds();
  for (int64_t i = 0; i < calls; ++i) body();
  return (ThreadCpuSeconds() - start) / calls * 1e9;
}

// One alternative: does a batch of its work and returns the cost of one piece.
using Batch = std::function<double()>;

// rounds[i][k] is the cost of alternative k in round i.
using Rounds = std::vector<std::vector<double>>;

// Runs every alternative once in each round, each round beginning with another
// one, after one round that does not count. On a machine that is busy it ends
// sooner, after some seconds and five rounds.
Rounds MeasureInTurn(int count, const std::vector<Batch>& alternatives);

// The costs of alternative k.
std::vector<double> CostsOf(const Rounds& rounds, int k);

// Completes `row`, of which `id`, `what`, `peer` and the bars are given, with
// alternatives `ours` and `theirs` of each round.
Row Compare(Row row, const Rounds& rounds, int ours = 0, int theirs = 1);

}  // namespace bench

#endif  // TESTS_BENCHMARKS_BENCH_ROUNDS_H_
