#include "tempdir/internal/exit_patience.h"

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "finalize/owner_process.h"

namespace tempdir_internal {
namespace {

constexpr absl::Duration kAltogether = absl::Seconds(2);

// The process that is ending; a child of it begins anew.
std::atomic<uint32_t> ending{0};
std::atomic<int64_t> left_nanos{0};

bool IsEnding() {
  return ending.load(std::memory_order_acquire) ==
         finalize::OwnerProcess().number();
}

}  // namespace

void BeginExitPatience() {
  if (IsEnding()) return;
  left_nanos.store(absl::ToInt64Nanoseconds(kAltogether),
                   std::memory_order_relaxed);
  ending.store(finalize::OwnerProcess().number(), std::memory_order_release);
}

absl::Duration ExitPatience(absl::Duration usual) {
  if (!IsEnding()) return usual;
  const int64_t left = left_nanos.load(std::memory_order_relaxed);
  return std::min(usual, absl::Nanoseconds(std::max<int64_t>(left, 0)));
}

void SpendExitPatience(absl::Duration spent) {
  if (!IsEnding()) return;
  left_nanos.fetch_sub(absl::ToInt64Nanoseconds(spent),
                       std::memory_order_relaxed);
}

}  // namespace tempdir_internal
