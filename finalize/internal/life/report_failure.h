// The library's side of the failure reporter (failure_reporter.h).
#ifndef FINALIZE_INTERNAL_LIFE_REPORT_FAILURE_H_
#define FINALIZE_INTERNAL_LIFE_REPORT_FAILURE_H_

#include <memory>

#include "finalize/report.h"

namespace finalize_internal {

// What the program has installed.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void Report(const finalize::ReportEntry& entry) const = 0;
};

// Installs one and returns the one before; null stands for the default one.
std::shared_ptr<const Reporter> ExchangeReporter(
    std::shared_ptr<const Reporter> reporter);

// Hands an entry to the failure reporter. Lets nothing escape.
void ReportFailure(const finalize::ReportEntry& entry) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_REPORT_FAILURE_H_
