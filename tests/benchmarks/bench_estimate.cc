// SPDX-License-Identifier: Apache-2.0

#include "tests/benchmarks/bench_estimate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace bench {
namespace {

// Interpolates; `sorted` is not empty.
double Quantile(const std::vector<double>& sorted, double part) {
  const double at = part * (sorted.size() - 1);
  const size_t below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

}  // namespace

double Estimate::Spread() const {
  if (median == 0) return 0;
  return (upper_quartile - lower_quartile) / 2 / std::fabs(median);
}

Estimate EstimateOf(std::vector<double> values) {
  Estimate estimate;
  if (values.empty()) return estimate;
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  const double below = std::floor(n / 2.0 - 0.98 * std::sqrt(n));
  const size_t rank = below < 1 ? 0 : static_cast<size_t>(below) - 1;
  estimate.median = Quantile(values, 0.5);
  estimate.low = values[rank];
  estimate.high = values[n - 1 - rank];
  estimate.lower_quartile = Quantile(values, 0.25);
  estimate.upper_quartile = Quantile(values, 0.75);
  estimate.count = static_cast<int>(n);
  return estimate;
}

}  // namespace bench
