#include "finalize/internal/base/exit_deadline.h"

#include <atomic>
#include <cstdint>

namespace finalize_internal {
namespace {

// Of ExitOptions as they are if the program sets none; process_end.cc checks
// that it is the same.
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
