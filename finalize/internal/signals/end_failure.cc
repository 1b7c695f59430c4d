// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/signals/end_failure.h"

#include <atomic>
#include <cstdint>

#include "finalize/internal/node/fork_epoch.h"

namespace finalize_internal {
namespace {

// The epoch in which a drain has failed: until TakeFailure(), and permanently.
std::atomic<uint32_t> failed_epoch{0};
std::atomic<uint32_t> ever_failed_epoch{0};

}  // namespace

void NoteEndFailure() {
  failed_epoch.store(CurrentEpoch());
  ever_failed_epoch.store(CurrentEpoch());
}

bool TakeFailure() {
  uint32_t epoch = CurrentEpoch();
  return failed_epoch.compare_exchange_strong(epoch, 0);
}

bool EndHasFailed() { return ever_failed_epoch.load() == CurrentEpoch(); }

}  // namespace finalize_internal
