// The library's side of the failure reporter (failure_reporter.h).
#ifndef FINALIZE_INTERNAL_REPORT_FAILURE_H_
#define FINALIZE_INTERNAL_REPORT_FAILURE_H_

#include "finalize/report.h"

namespace finalize_internal {

// Hands an entry to the failure reporter. Lets nothing escape.
void ReportFailure(const finalize::ReportEntry& entry) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_REPORT_FAILURE_H_
