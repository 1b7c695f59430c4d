#include "finalize/internal/hook_owner.h"

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "finalize/internal/fork_epoch.h"

namespace finalize_internal {
namespace {

std::atomic<uint32_t> owner_epoch{0};
// In the child of a vfork() the epoch is the parent's.
std::atomic<pid_t> owner_process{0};

std::atomic<const HookSettings*> settings{nullptr};

}  // namespace

uint32_t OwnerEpoch() { return owner_epoch.load(std::memory_order_acquire); }

bool HooksAreOurs() {
  // Not CurrentEpoch(), which may renew it.
  const uint32_t epoch = epoch_page.load(std::memory_order_acquire)
                             ->load(std::memory_order_relaxed);
  return epoch != 0 && epoch == OwnerEpoch() &&
         getpid() == owner_process.load(std::memory_order_relaxed);
}

void OwnHooks() {
  owner_process.store(getpid(), std::memory_order_relaxed);
  owner_epoch.store(CurrentEpoch(), std::memory_order_release);
}

const HookSettings& Settings() {
  // Without a guard, in which another thread may be at a fork.
  static std::atomic<const HookSettings*> defaults{nullptr};
  const HookSettings* current = settings.load(std::memory_order_acquire);
  if (current != nullptr && HooksAreOurs()) return *current;
  current = defaults.load(std::memory_order_acquire);
  if (current != nullptr) return *current;
  auto made = std::make_unique<const HookSettings>();
  if (!defaults.compare_exchange_strong(current, made.get(),
                                        std::memory_order_acq_rel)) {
    return *current;
  }
  return *made.release();
}

void Replace(HookSettings replacement) {
  auto* const fresh = new HookSettings(std::move(replacement));
  fresh->older = settings.load(std::memory_order_relaxed);
  settings.store(fresh, std::memory_order_release);
}

}  // namespace finalize_internal
