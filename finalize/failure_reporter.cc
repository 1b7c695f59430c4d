// SPDX-License-Identifier: Apache-2.0

#include "finalize/failure_reporter.h"

#include <memory>
#include <utility>

#include "finalize/internal/life/report_failure.h"

namespace finalize {
namespace {

struct Installed : finalize_internal::Reporter {
  explicit Installed(FailureReporter reporter_in)
      : reporter(std::move(reporter_in)) {}
  void Report(const ReportEntry& entry) const override { reporter(entry); }

  const FailureReporter reporter;
};

}  // namespace

void ReportFailure(const ReportEntry& entry) noexcept {
  finalize_internal::ReportFailure(entry);
}

FailureReporter SetFailureReporter(FailureReporter reporter) {
  std::shared_ptr<const Installed> installed;
  if (reporter != nullptr) {
    installed = std::make_shared<const Installed>(std::move(reporter));
  }
  const auto old = finalize_internal::ExchangeReporter(std::move(installed));
  return old == nullptr ? FailureReporter()
                        : static_cast<const Installed&>(*old).reporter;
}

}  // namespace finalize
