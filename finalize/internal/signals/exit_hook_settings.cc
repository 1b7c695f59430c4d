// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/signals/exit_hook_settings.h"

#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "finalize/internal/node/fork_epoch.h"

namespace finalize_internal {
namespace {

std::atomic<uint32_t> owner_epoch{0};
// In the child of a vfork() the epoch is the parent's.
std::atomic<pid_t> owner_process{0};

constexpr HookSettings kDefaults;
std::atomic<const HookSettings*> settings{nullptr};

}  // namespace

uint32_t OwnerEpoch() { return owner_epoch.load(std::memory_order_acquire); }

bool HooksAreOurs() {
  // Not CurrentEpoch(), which may advance the epoch.
  const uint32_t epoch = KnownEpoch();
  return epoch != 0 && epoch == OwnerEpoch() &&
         getpid() == owner_process.load(std::memory_order_relaxed);
}

void ClaimHooks() {
  owner_process.store(getpid(), std::memory_order_relaxed);
  owner_epoch.store(CurrentEpoch(), std::memory_order_release);
}

const HookSettings& Settings() {
  const HookSettings* current = settings.load(std::memory_order_acquire);
  return current != nullptr && HooksAreOurs() ? *current : kDefaults;
}

void Replace(HookSettings* replacement) {
  replacement->older = settings.load(std::memory_order_relaxed);
  settings.store(replacement, std::memory_order_release);
}

}  // namespace finalize_internal
