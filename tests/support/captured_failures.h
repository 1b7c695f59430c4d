// SPDX-License-Identifier: Apache-2.0

// CapturedFailures collects the entries for the failure reporter during its
// lifetime.
//
// Thread-safe, except: its construction and destruction.
#ifndef TESTS_SUPPORT_CAPTURED_FAILURES_H_
#define TESTS_SUPPORT_CAPTURED_FAILURES_H_

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "finalize/failure_reporter.h"

namespace finalize_test {

class CapturedFailures {
 public:
  CapturedFailures()
      : old_(finalize::SetFailureReporter(
            [this](const finalize::ReportEntry& entry) {
              std::lock_guard<std::mutex> lock(mutex_);
              entries_.push_back(entry);
            })) {}
  ~CapturedFailures() { finalize::SetFailureReporter(std::move(old_)); }
  CapturedFailures(const CapturedFailures&) = delete;
  CapturedFailures& operator=(const CapturedFailures&) = delete;

  size_t size() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return entries_.size();
  }
  finalize::ReportEntry at(size_t i) const {
    std::lock_guard<std::mutex> lock(mutex_);
    return entries_.at(i);
  }

 private:
  finalize::FailureReporter old_;
  mutable std::mutex mutex_;
  std::vector<finalize::ReportEntry> entries_;
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_CAPTURED_FAILURES_H_
