// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/copies/copy_board.h"

#include <sys/mman.h>

#include "absl/base/thread_annotations.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/copies/copy_record.h"
#include "finalize/internal/node/fork_epoch.h"

namespace finalize_internal {
namespace {

// Set once; the same address in forked children.
std::atomic<Board*> the_board{nullptr};
// The epoch in which this copy has joined in the upper half, its number in the
// lower one.
std::atomic<uint64_t> joined{0};

Board* BoardAt(uint64_t address) {
  return reinterpret_cast<Board*>(static_cast<uintptr_t>(address));
}

uint64_t AddressOf(const void* object) {
  return reinterpret_cast<uintptr_t>(object);
}

Board* MakeBoard() {
  void* const memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  // If the kernel does not wipe it, OwnBoard recognizes a child by its number.
  madvise(memory, sizeof(Board), MADV_WIPEONFORK);
  return static_cast<Board*>(memory);
}

struct Search {
  Board* made;
  Board* found;
};

bool TakeBoardOf(CopyRecord& record, void* context) {
  Search& search = *static_cast<Search*>(context);
  search.found = BoardAt(record.board.load(std::memory_order_acquire));
  return search.found != nullptr;
}

// The first record takes the board that was created: all copies look in one
// order.
bool OfferBoard(CopyRecord& record, void* context) {
  Search& search = *static_cast<Search*>(context);
  uint64_t none = 0;
  record.board.compare_exchange_strong(none, AddressOf(search.made),
                                       std::memory_order_acq_rel);
  search.found = BoardAt(record.board.load(std::memory_order_acquire));
  return true;
}

void FindOrOffer(void* context) {
  if (VisitRecords(&TakeBoardOf, context)) return;
  VisitRecords(&OfferBoard, context);
}

// Finds the board of the other copies, or creates one.
Board* FindBoard() {
  Search search = {nullptr, nullptr};
  if (VisitRecords(&TakeBoardOf, &search)) return search.found;
  search.made = MakeBoard();
  if (search.made == nullptr) return nullptr;
  WithLoaderLock(&FindOrOffer, &search);
  if (search.found != search.made) munmap(search.made, sizeof(Board));
  return search.found;
}

void Clear(CopySlot* slot) {
  slot->taken.store(0, std::memory_order_relaxed);
  slot->until.store(0, std::memory_order_relaxed);
  slot->patience.store(0, std::memory_order_relaxed);
  slot->serves.store(0, std::memory_order_relaxed);
  slot->drained.store(0, std::memory_order_relaxed);
  slot->failed.store(0, std::memory_order_relaxed);
  slot->loop.store(0, std::memory_order_relaxed);
  slot->record.store(0, std::memory_order_release);
}

// Makes the board this process's, if there was a fork since.
void OwnBoard(Board* board) {
  const uint32_t self = NumberOfProcess();
  uint32_t seen = board->process.load(std::memory_order_acquire);
  if (seen == self || !board->process.compare_exchange_strong(
                          seen, self, std::memory_order_acq_rel)) {
    return;
  }
  if (seen == 0) return;  // wiped, or new
  board->request.claimed.store(0, std::memory_order_relaxed);
  board->request.posted.store(0, std::memory_order_relaxed);
  board->request.first_nanos.store(0, std::memory_order_relaxed);
  board->request.handling.store(0, std::memory_order_relaxed);
  board->request.frame.store(0, std::memory_order_relaxed);
  for (CopySlot& slot : board->slots) Clear(&slot);
}

// Returns the number of the slot; 0 if all are taken.
uint32_t ClaimSlot(Board* board) {
  for (uint32_t i = 0; i < kMaxCopies; ++i) {
    CopySlot& slot = board->slots[i];
    uint64_t none = 0;
    if (!slot.record.compare_exchange_strong(none, AddressOf(&OwnRecord()),
                                             std::memory_order_acq_rel)) {
      continue;
    }
    slot.revision.store(OwnRecord().revision, std::memory_order_relaxed);
    return i + 1;
  }
  return 0;
}

bool HasJoined() {
  return joined.load(std::memory_order_acquire) >> 32 == CurrentEpoch();
}

// fork() waits for the lock: so no child lacks the thread that holds the lock
// of the dynamic linker here.
void Join() ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kCopiesLock)) {
  const uint64_t epoch = uint64_t{CurrentEpoch()} << 32;
  Board* board = the_board.load(std::memory_order_acquire);
  if (board == nullptr) board = FindBoard();
  uint32_t number = 0;
  if (board != nullptr) {
    OwnRecord().board.store(AddressOf(board), std::memory_order_release);
    the_board.store(board, std::memory_order_release);
    OwnBoard(board);
    number = ClaimSlot(board);
  }
  joined.store(epoch | number, std::memory_order_release);
}

}  // namespace

void JoinCopies() {
  if (HasJoined()) return;
  LockHolder lock(LockAt(kCopiesLock));
  if (!HasJoined()) Join();
}

void TryJoinCopies() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (HasJoined() || !LockAt(kCopiesLock).TryAcquire()) return;
  if (!HasJoined()) Join();
  LockAt(kCopiesLock).Release();
}

void WithdrawCopy() {
  CopySlot* const slot = OwnSlot();
  joined.store(0, std::memory_order_release);
  if (slot == nullptr) return;
  Board* const board = SharedBoard();
  Clear(slot);
  board->changed.fetch_add(1, std::memory_order_acq_rel);
  FutexWake(reinterpret_cast<uint32_t*>(&board->changed));
}

Board* SharedBoard() { return the_board.load(std::memory_order_acquire); }

uint32_t OwnNumber() {
  const uint64_t word = joined.load(std::memory_order_acquire);
  const uint32_t epoch = KnownEpoch();
  return epoch != 0 && word >> 32 == epoch ? static_cast<uint32_t>(word) : 0;
}

CopySlot* OwnSlot() {
  const uint32_t number = OwnNumber();
  return number == 0 ? nullptr : &SharedBoard()->slots[number - 1];
}

}  // namespace finalize_internal
