#include "finalize/failure_reporter.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "finalize/internal/lock.h"
#include "finalize/internal/report_failure.h"

namespace finalize_internal {
namespace {

using finalize::FailureReporter;
using finalize::ReportEntry;

using SharedReporter = std::shared_ptr<const FailureReporter>;

// Null for the default reporter. Never destroyed: it serves until the end.
SharedReporter& CurrentReporter()
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kReporterLock)) {
  alignas(SharedReporter) static unsigned char storage[sizeof(SharedReporter)];
  static SharedReporter* reporter = new (storage) SharedReporter;
  return *reporter;
}

thread_local bool reporting = false;

void WriteDefault(const ReportEntry& entry) {
  const std::string line = "finalize: " + entry.ToString() + "\n";
  // Nothing better can be done where standard error is closed.
  (void)!write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

SharedReporter ExchangeReporter(SharedReporter reporter) {
  LockHolder lock(LockAt(kReporterLock));
  std::swap(CurrentReporter(), reporter);
  return reporter;
}

void ReportFailure(const ReportEntry& entry) noexcept {
  SharedReporter reporter;
  if (!reporting) {
    LockHolder lock(LockAt(kReporterLock));
    reporter = CurrentReporter();
  }
  if (reporter == nullptr) {
    WriteDefault(entry);
    return;
  }
  reporting = true;
  try {
    (*reporter)(entry);
  } catch (...) {
    WriteDefault(entry);
  }
  reporting = false;
}

}  // namespace finalize_internal

namespace finalize {

FailureReporter SetFailureReporter(FailureReporter reporter) {
  auto shared =
      reporter == nullptr
          ? nullptr
          : std::make_shared<const FailureReporter>(std::move(reporter));
  auto old = finalize_internal::ExchangeReporter(std::move(shared));
  return old == nullptr ? FailureReporter() : *old;
}

}  // namespace finalize
