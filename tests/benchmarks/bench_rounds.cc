// SPDX-License-Identifier: Apache-2.0

#include "tests/benchmarks/bench_rounds.h"

#include <time.h>

#include <cstddef>
#include <utility>

namespace bench {
namespace {

constexpr double kMaxSeconds = 10;  // seconds
constexpr int kMinRounds = 5;

double Seconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

}  // namespace

double ThreadCpuSeconds() { return Seconds(CLOCK_THREAD_CPUTIME_ID); }
double WallSeconds() { return Seconds(CLOCK_MONOTONIC); }

Rounds MeasureInTurn(int count, const std::vector<Batch>& alternatives) {
  const size_t n = alternatives.size();
  Rounds rounds;
  for (const Batch& batch : alternatives) batch();
  const double end = WallSeconds() + kMaxSeconds;
  for (int round = 0; round < count; ++round) {
    if (round >= kMinRounds && WallSeconds() > end) break;
    std::vector<double> costs(n);
    for (size_t i = 0; i < n; ++i) {
      const size_t k = (round + i) % n;
      costs[k] = alternatives[k]();
    }
    rounds.push_back(std::move(costs));
  }
  return rounds;
}

std::vector<double> CostsOf(const Rounds& rounds, int k) {
  std::vector<double> costs;
  for (const std::vector<double>& round : rounds) costs.push_back(round[k]);
  return costs;
}

Row Compare(Row row, const Rounds& rounds, int ours, int theirs) {
  std::vector<double> ratios;
  for (const std::vector<double>& round : rounds) {
    ratios.push_back(round[ours] / round[theirs]);
  }
  row.ours = EstimateOf(CostsOf(rounds, ours)).median;
  row.theirs = EstimateOf(CostsOf(rounds, theirs)).median;
  row.ratio = EstimateOf(std::move(ratios));
  return row;
}

}  // namespace bench
