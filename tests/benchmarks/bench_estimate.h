// SPDX-License-Identifier: Apache-2.0

// Estimate: a median and how far it can be trusted.
//
//   bench::Estimate ratio = bench::EstimateOf(ratios_of_interleaved_rounds);
//
// Thread-compatible (const calls may run concurrently).
#ifndef TESTS_BENCHMARKS_BENCH_ESTIMATE_H_
#define TESTS_BENCHMARKS_BENCH_ESTIMATE_H_

#include <vector>

namespace bench {

struct Estimate {
  // Half the distance between the quartiles, as a part of the median.
  double Spread() const;

  double median = 0;
  double low = 0;  // the median's 95 % confidence interval
  double high = 0;
  double lower_quartile = 0;
  double upper_quartile = 0;
  int count = 0;
};

// Zero of everything for no values. The interval is that of order statistics:
// it supposes nothing about the distribution. With fewer than six values it is
// the whole range.
Estimate EstimateOf(std::vector<double> values);

}  // namespace bench

#endif  // TESTS_BENCHMARKS_BENCH_ESTIMATE_H_
