// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/crash/crash_gate.h"

#include <pthread.h>

#include <atomic>
#include <cstddef>

#include "absl/base/attributes.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/const_init_array.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/node/fork_epoch.h"

namespace finalize_internal {
namespace {

constexpr int kSlotBits = 8;
constexpr int kSlots = 1 << kSlotBits;
constexpr int kMaxCrashing = 16;
constexpr uint64_t kMakes = 1;
// How long the handler sleeps before it looks again.
constexpr uint64_t kPause = 100000;

// `word` is the epoch, shifted by one, and kMakes; the slot is free in all
// other epochs. `thread` is written by the owner of the slot.
struct Slot {
  std::atomic<uint64_t> word;
  std::atomic<uintptr_t> thread;
};
ABSL_CONST_INIT ConstInitArray<Slot, kSlots> slots;

// The epoch in which the gate is shut, or 0, and the one in which it is
// released.
std::atomic<uint32_t> shut{0};
std::atomic<uint32_t> released{0};
std::atomic<uint64_t> reopens{0};
// Counts the changes that wake the waiting threads.
std::atomic<uint32_t> changes{0};

// A thread that crashes. Void in all other epochs.
struct Crashing {
  std::atomic<uint32_t> epoch;
  std::atomic<uintptr_t> thread;
};
ABSL_CONST_INIT ConstInitArray<Crashing, kMaxCrashing> crashing;

uintptr_t ThisThread() { return static_cast<uintptr_t>(pthread_self()); }

uint64_t WordOf(uint32_t epoch, uint64_t flags) {
  return uint64_t{epoch} << 1 | flags;
}

// 0 is a thread that has not written its id yet.
bool Crashes(uintptr_t thread) {
  if (thread == 0) return false;
  const uint32_t epoch = CurrentEpoch();
  for (const Crashing& other : crashing) {
    if (other.thread.load(std::memory_order_acquire) == thread &&
        other.epoch.load(std::memory_order_relaxed) == epoch) {
      return true;
    }
  }
  return false;
}

// Whether a thread that does not crash is announced with one of `flags`; 0
// stands for any.
bool OthersAreAnnounced(uint64_t flags) {
  const uint32_t epoch = CurrentEpoch();
  for (const Slot& slot : slots) {
    const uint64_t word = slot.word.load(std::memory_order_seq_cst);
    if (word >> 1 != epoch || (word & flags) != flags) continue;
    if (!Crashes(slot.thread.load(std::memory_order_acquire))) return true;
  }
  return false;
}

int FirstSlotOf(uintptr_t thread) {
  return static_cast<int>(thread * 0x9e3779b97f4a7c15u >> (64 - kSlotBits));
}

// Returns false if the slot is in use.
bool Take(Slot& slot, uint32_t epoch, uint64_t word, uintptr_t thread) {
  uint64_t there = slot.word.load(std::memory_order_relaxed);
  if (there >> 1 == epoch || !slot.word.compare_exchange_strong(
                                 there, word, std::memory_order_seq_cst)) {
    return false;
  }
  slot.thread.store(thread, std::memory_order_release);
  return true;
}

Announcement Announce(bool makes) {
  const uint32_t epoch = CurrentEpoch();
  const uint64_t word = WordOf(epoch, makes ? kMakes : 0);
  const uintptr_t thread = ThisThread();
  const int first = FirstSlotOf(thread);
  for (int i = 0; i < kSlots; ++i) {
    const int at = (first + i) % kSlots;
    if (Take(slots[at], epoch, word, thread)) return {at, word};
  }
  return {};
}

// A forked child may have taken the slot since.
void Withdraw(const Announcement& made) {
  if (made.slot == kNotAnnounced) return;
  Slot& slot = slots[made.slot];
  if (slot.word.load(std::memory_order_relaxed) != made.word) return;
  slot.thread.store(0, std::memory_order_relaxed);
  slot.word.store(0, std::memory_order_seq_cst);
}

void WakeAll() {
  changes.fetch_add(1, std::memory_order_acq_rel);
  FutexWake(reinterpret_cast<uint32_t*>(&changes));
}

void Reopen(uint32_t epoch) {
  shut.compare_exchange_strong(epoch, 0, std::memory_order_seq_cst);
  WakeAll();
}

// Returns true if the gate has opened again, false if the thread is refused.
bool WaitAtTheGate() {
  if (Crashes(ThisThread())) return false;
  for (;;) {
    const uint32_t seen = changes.load(std::memory_order_acquire);
    const uint32_t epoch = CurrentEpoch();
    if (!CrashGateIsShut()) return true;
    if (released.load(std::memory_order_acquire) == epoch) return false;
    const uint64_t end = reopens.load(std::memory_order_acquire);
    const uint64_t now = NowNanos();
    if (now >= end) {
      Reopen(epoch);
    } else {
      FutexSleep(reinterpret_cast<uint32_t*>(&changes), seen, end - now);
    }
  }
}

}  // namespace

bool CrashGateIsShut() {
  const uint32_t epoch = shut.load(std::memory_order_seq_cst);
  return epoch != 0 && epoch == CurrentEpoch();
}

bool OthersMake() { return OthersAreAnnounced(kMakes); }

void ShutCrashGate(uint64_t patience_nanos, uint64_t reopens_nanos) {
  reopens.store(reopens_nanos, std::memory_order_relaxed);
  PassCrashGate();
  shut.store(CurrentEpoch(), std::memory_order_seq_cst);
  uint32_t nothing = 0;
  while (OthersAreAnnounced(0) && NowNanos() < patience_nanos) {
    FutexSleep(&nothing, 0, kPause);
  }
}

void PassCrashGate() {
  const uint32_t epoch = CurrentEpoch();
  for (Crashing& entry : crashing) {
    uint32_t there = entry.epoch.load(std::memory_order_relaxed);
    if (there == epoch || !entry.epoch.compare_exchange_strong(
                              there, epoch, std::memory_order_relaxed)) {
      continue;
    }
    entry.thread.store(ThisThread(), std::memory_order_release);
    return;
  }
}

void ReleaseCrashGate() {
  if (!CrashGateIsShut()) return;
  released.store(CurrentEpoch(), std::memory_order_release);
  WakeAll();
}

bool EnterCrashGate(bool makes, Announcement* made) {
  for (;;) {
    *made = Announce(makes);
    if (!CrashGateIsShut()) return true;
    Withdraw(*made);
    *made = {};
    if (!WaitAtTheGate()) return false;
  }
}

void LeaveCrashGate(const Announcement& made) {
  Withdraw(made);
  if (CrashGateIsShut()) WaitAtTheGate();
}

}  // namespace finalize_internal
