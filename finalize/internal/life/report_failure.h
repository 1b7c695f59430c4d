// SPDX-License-Identifier: Apache-2.0

// The library's side of the failure reporter (failure_reporter.h).
#ifndef FINALIZE_INTERNAL_LIFE_REPORT_FAILURE_H_
#define FINALIZE_INTERNAL_LIFE_REPORT_FAILURE_H_

#include <memory>

#include "finalize/report.h"

namespace finalize_internal {

// The reporter that the program has installed.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void Report(const finalize::ReportEntry& entry) const = 0;
};

// Installs a reporter and returns the previous one. Null stands for the default
// reporter.
std::shared_ptr<const Reporter> ExchangeReporter(
    std::shared_ptr<const Reporter> reporter);

// Passes an entry to the failure reporter. No exception escapes.
void ReportFailure(const finalize::ReportEntry& entry) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_REPORT_FAILURE_H_
