// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/marks/root_table.h"

#include <limits.h>
#include <sys/stat.h>

#include <atomic>
#include <cstring>
#include <utility>

#include "absl/base/attributes.h"

namespace tempdir_internal {
namespace {

using finalize::OwnerProcess;

// In the low bits of a word, above which is the address of the owner.
enum State : uintptr_t { kFilling = 0, kEntered = 1, kClaimed = 2 };
constexpr uintptr_t kStates = 3;
static_assert(alignof(OwnerProcess) > kStates, "no room for the state");

struct Slot {
  std::atomic<int> fd;
  std::atomic<int> kept;
  dev_t device;
  ino_t inode;
  char path[PATH_MAX];
};
using Word = std::atomic<uintptr_t>;  // 0 is free

// In a class of its own: gcc would fill a bare array at run time, and forget
// what static constructors have entered. The words lie together: to look for a
// free slot touches no page of one that was never used.
struct Slots {
  constexpr Slots() : words{}, all{} {}
  Word words[kRootSlots];
  Slot all[kRootSlots];
};
ABSL_CONST_INIT Slots slots;

uintptr_t WordOf(const OwnerProcess* owner, State state) {
  return reinterpret_cast<uintptr_t>(owner) | state;
}

bool IsOfThisProcess(uintptr_t word) {
  const auto* owner = reinterpret_cast<const OwnerProcess*>(word & ~kStates);
  return owner != nullptr && owner->IsThis();
}

bool Take(Word& slot, const OwnerProcess* owner) {
  uintptr_t word = slot.load(std::memory_order_acquire);
  return !IsOfThisProcess(word) &&
         slot.compare_exchange_strong(word, WordOf(owner, kFilling),
                                      std::memory_order_acq_rel);
}

}  // namespace

void ClaimRoots(void (*visit)(const ClaimedRoot& root, void* context),
                void* context) {
  for (size_t i = 0; i < kRootSlots; ++i) {
    uintptr_t word = slots.words[i].load(std::memory_order_acquire);
    if ((word & kStates) != kEntered || !IsOfThisProcess(word)) continue;
    if (!slots.words[i].compare_exchange_strong(
            word, word - kEntered + kClaimed, std::memory_order_acq_rel)) {
      continue;
    }
    const Slot& slot = slots.all[i];
    visit({slot.path, slot.fd.load(std::memory_order_acquire), slot.device,
           slot.inode, slot.kept.load(std::memory_order_acquire) > 0},
          context);
  }
}

bool RootEntry::Enter(const OwnerProcess* owner, const std::string& path,
                      int fd, int kept) {
  struct stat seen;
  if (path.size() >= PATH_MAX || fstat(fd, &seen) != 0) return false;
  for (size_t i = 0; i < kRootSlots; ++i) {
    if (!Take(slots.words[i], owner)) continue;
    Slot& slot = slots.all[i];
    memcpy(slot.path, path.c_str(), path.size() + 1);
    slot.fd.store(fd, std::memory_order_relaxed);
    slot.kept.store(kept, std::memory_order_relaxed);
    slot.device = seen.st_dev;
    slot.inode = seen.st_ino;
    slots.words[i].store(WordOf(owner, kEntered), std::memory_order_release);
    slot_ = i;
    owner_ = owner;
    return true;
  }
  return false;
}

void RootEntry::SetDescriptor(int fd) {
  if (slot_ == kRootSlots) return;
  slots.all[slot_].fd.store(fd, std::memory_order_release);
}

void RootEntry::CountKept(int more) {
  if (slot_ == kRootSlots) return;
  slots.all[slot_].kept.fetch_add(more, std::memory_order_release);
}

bool RootEntry::Leave() {
  if (slot_ == kRootSlots) return true;
  uintptr_t word = WordOf(owner_, kEntered);
  slots.words[std::exchange(slot_, size_t{kRootSlots})].compare_exchange_strong(
      word, 0, std::memory_order_acq_rel);
  return word != WordOf(owner_, kClaimed);
}

}  // namespace tempdir_internal
