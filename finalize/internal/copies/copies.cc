// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/copies/copies.h"

#include <algorithm>

#include "absl/base/attributes.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/copies/end_guard.h"

namespace finalize_internal {
namespace {

// How long beyond their deadlines the copy that ends the process waits for the
// others, so that their watchdogs act first.
constexpr uint64_t kMargin = 2000000000;
// For how long a thread waits at a time, before it tells its guard that it
// still waits.
constexpr uint64_t kNap = 1000000000;

ABSL_CONST_INIT StopRequest own_request{};
// CopySlot::loop while this copy is alone.
ABSL_CONST_INIT std::atomic<uint32_t> own_loop{0};

uint32_t* WordOf(std::atomic<uint32_t>* word) {
  return reinterpret_cast<uint32_t*>(word);
}

void SayChanged() {
  Board* const board = SharedBoard();
  board->changed.fetch_add(1, std::memory_order_acq_rel);
  FutexWake(WordOf(&board->changed));
}

// Whether `slot` is to drain for the request, and has not drained.
bool IsToDrain(const CopySlot& slot) {
  return slot.record.load(std::memory_order_acquire) != 0 &&
         slot.serves.load(std::memory_order_acquire) != 0 &&
         slot.drained.load(std::memory_order_acquire) == 0 &&
         SharedBoard()->request.posted.load(std::memory_order_acquire) != 0;
}

bool HasLoop(const CopySlot& slot) {
  return slot.loop.load(std::memory_order_acquire) != 0;
}

// Returns the time until which `slot` is to be awaited, if it begins at `begin`
// at the latest; 0: not at all.
uint64_t AwaitedUntil(const CopySlot& slot, uint64_t begin) {
  if (slot.record.load(std::memory_order_acquire) == 0) return 0;
  const uint64_t until = slot.until.load(std::memory_order_acquire);
  if (until != 0 || !IsToDrain(slot)) return until;
  return HasLoop(slot) ? kNoLimit
                       : begin + slot.patience.load(std::memory_order_relaxed);
}

// Calls visit(slot) for each slot except this copy's.
template <class Visit>
void VisitOthers(Visit visit) {
  const CopySlot* const own = OwnSlot();
  if (own == nullptr) return;
  for (const CopySlot& slot : SharedBoard()->slots) {
    if (&slot != own) visit(slot);
  }
}

// Returns the latest such time of all other copies; 0 if none is awaited.
uint64_t OthersUntil(uint64_t begin) {
  uint64_t latest = 0;
  VisitOthers([&](const CopySlot& slot) {
    latest = std::max(latest, AwaitedUntil(slot, begin));
  });
  return latest;
}

bool AnyLoop() {
  bool any = false;
  VisitOthers(
      [&](const CopySlot& slot) { any |= IsToDrain(slot) && HasLoop(slot); });
  return any;
}

// Sleeps until the board has changed since `seen` was read, for `nanos` at
// most.
void Nap(uint32_t seen, uint64_t nanos) {
  ExtendGuard(NowNanos() + 4 * kNap);
  FutexSleep(WordOf(&SharedBoard()->changed), seen, std::min(nanos, kNap));
}

[[noreturn]] void AwaitTheEnd() {
  for (;;) Nap(SharedBoard()->changed.load(std::memory_order_acquire), kNap);
}

}  // namespace

StopRequest& TheRequest() {
  return OwnNumber() != 0 ? SharedBoard()->request : own_request;
}

void ResetOwnRequest() {
  own_request.claimed.store(0, std::memory_order_relaxed);
  own_request.first_nanos.store(0, std::memory_order_relaxed);
  own_request.handling.store(0, std::memory_order_relaxed);
  own_request.frame.store(0, std::memory_order_relaxed);
  own_request.posted.store(0, std::memory_order_release);
}

bool Post(int signal, uint32_t flags) {
  StopRequest& request = TheRequest();
  uint32_t none = 0;
  const uint32_t word =
      static_cast<uint32_t>(signal) | flags | (OwnNumber() << kOwnerShift);
  const bool first = request.posted.compare_exchange_strong(
      none, word, std::memory_order_acq_rel);
  if (first) FutexWake(WordOf(&request.posted));
  return first;
}

void ServeRequests(uint64_t patience_nanos, bool loop) {
  own_loop.store(loop ? 1 : 0, std::memory_order_relaxed);
  CopySlot* const slot = OwnSlot();
  if (slot == nullptr) return;
  slot->patience.store(patience_nanos, std::memory_order_relaxed);
  slot->loop.store(loop ? 1 : 0, std::memory_order_relaxed);
  slot->serves.store(1, std::memory_order_release);
}

void DropLoop() {
  own_loop.store(0, std::memory_order_release);
  CopySlot* const slot = OwnSlot();
  if (slot == nullptr) return;
  slot->loop.store(0, std::memory_order_release);
  SayChanged();
}

bool AnyCopyHasLoop() {
  if (OwnSlot() == nullptr) return own_loop.load(std::memory_order_acquire);
  for (const CopySlot& slot : SharedBoard()->slots) {
    if (slot.record.load(std::memory_order_acquire) != 0 && HasLoop(slot)) {
      return true;
    }
  }
  return false;
}

void AwaitLoops() {
  if (OwnSlot() == nullptr) return;
  Board* const board = SharedBoard();
  for (;;) {
    const uint32_t seen = board->changed.load(std::memory_order_acquire);
    if (!AnyLoop()) return;
    FutexSleep(WordOf(&board->changed), seen, kNoLimit);
  }
}

void NoteDrain(uint64_t limit) {
  CopySlot* const slot = OwnSlot();
  if (slot != nullptr) slot->until.store(limit, std::memory_order_release);
}

void NoteDrainOver(bool failed) {
  CopySlot* const slot = OwnSlot();
  if (slot == nullptr) return;
  if (failed) slot->failed.store(1, std::memory_order_relaxed);
  if (slot->until.exchange(0, std::memory_order_acq_rel) != 0) SayChanged();
}

uint64_t LongestPatience() {
  uint64_t longest = 0;
  VisitOthers([&](const CopySlot& slot) {
    if (slot.record.load(std::memory_order_acquire) == 0) return;
    longest = std::max(longest, slot.patience.load(std::memory_order_relaxed));
  });
  return longest;
}

uint64_t OtherCopiesUntil() {
  if (OwnSlot() == nullptr) return 0;
  const uint64_t first =
      SharedBoard()->request.first_nanos.load(std::memory_order_relaxed);
  uint64_t latest = 0;
  VisitOthers([&](const CopySlot& slot) {
    const uint64_t until = AwaitedUntil(slot, first);
    // A loop of the program has as long as a drain.
    latest = std::max(
        latest, until == kNoLimit
                    ? first + slot.patience.load(std::memory_order_relaxed)
                    : until);
  });
  return latest;
}

bool AnyCopyFailed() {
  bool any = false;
  if (OwnSlot() == nullptr) return false;
  for (const CopySlot& slot : SharedBoard()->slots) {
    any |= slot.failed.load(std::memory_order_relaxed) != 0;
  }
  return any;
}

void AwaitOtherCopies(int signal) {
  CopySlot* const slot = OwnSlot();
  if (slot == nullptr) return;
  Board* const board = SharedBoard();
  uint64_t none = 0;
  board->request.first_nanos.compare_exchange_strong(none, NowNanos());
  Post(signal, kDirect);
  slot->drained.store(1, std::memory_order_release);
  slot->until.store(0, std::memory_order_release);
  SayChanged();
  const uint32_t owner =
      board->request.posted.load(std::memory_order_acquire) >> kOwnerShift;
  if (owner != OwnNumber()) AwaitTheEnd();
  const uint64_t begin = NowNanos();
  for (;;) {
    const uint32_t seen = board->changed.load(std::memory_order_acquire);
    const uint64_t until = OthersUntil(begin);
    if (until == 0) return;
    // A watchdog of another copy may have waited for this one.
    const uint64_t limit =
        until == kNoLimit ? kNoLimit : std::max(until, begin) + kMargin;
    const uint64_t now = NowNanos();
    if (now >= limit) return;
    Nap(seen, limit - now);
  }
}

}  // namespace finalize_internal
