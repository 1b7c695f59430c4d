// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/base/exit_deadline.h"

#include <atomic>
#include <cstdint>

namespace finalize_internal {
namespace {

// The default of ExitOptions; process_end.cc checks that both are the same.
std::atomic<int64_t> deadline_nanos{20000000000};

}  // namespace

absl::Duration ExitDeadline() {
  return absl::Nanoseconds(deadline_nanos.load(std::memory_order_relaxed));
}

void SetExitDeadline(absl::Duration deadline) {
  deadline_nanos.store(absl::ToInt64Nanoseconds(deadline),
                       std::memory_order_relaxed);
}

}  // namespace finalize_internal
