// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/copies/copy_handlers.h"

#include <cstdint>
#include <initializer_list>

#include "finalize/internal/copies/copy_board.h"
#include "finalize/internal/copies/copy_record.h"

namespace finalize_internal {
namespace {

uint64_t BitOf(int signal) {
  return signal >= 1 && signal <= 64 ? uint64_t{1} << (signal - 1) : 0;
}

struct Owner {
  uint64_t handler;
  uint64_t record = 0;  // its address; 0: no copy's
  uint64_t over_default = 0;
};

bool OwnsHandler(CopyRecord& record, void* context) {
  Owner& owner = *static_cast<Owner*>(context);
  for (const auto* handler :
       {&record.stop_handlers[0], &record.stop_handlers[1],
        &record.crash_handler}) {
    if (handler->load(std::memory_order_acquire) != owner.handler) continue;
    owner.record = reinterpret_cast<uintptr_t>(&record);
    owner.over_default = record.over_default.load(std::memory_order_relaxed);
    return true;
  }
  return false;
}

Owner FindOwner(const struct sigaction& action) {
  Owner owner = {0};
  if ((action.sa_flags & SA_SIGINFO) == 0) return owner;
  owner.handler = reinterpret_cast<uintptr_t>(action.sa_sigaction);
  if (owner.handler != 0) VisitRecords(&OwnsHandler, &owner);
  return owner;
}

uint64_t AddressOf(const void* function) {
  return reinterpret_cast<uintptr_t>(function);
}

// Whether the copy of `record` has taken `signal` in this process.
bool Takes(uint64_t record, int signal) {
  if (OwnSlot() == nullptr) return false;
  bool takes = false;
  for (const CopySlot& slot : SharedBoard()->slots) {
    takes |= slot.record.load(std::memory_order_acquire) == record &&
             (slot.taken.load(std::memory_order_acquire) & BitOf(signal)) != 0;
  }
  return takes;
}

}  // namespace

HandlerOwner OwnerOf(const struct sigaction& action, int signal) {
  const Owner owner = FindOwner(action);
  if (owner.record == 0 || owner.record == AddressOf(&OwnRecord())) {
    return HandlerOwner::kProgram;
  }
  return Takes(owner.record, signal) ? HandlerOwner::kCopy
                                     : HandlerOwner::kIdleCopy;
}

bool IsOverDefault(const struct sigaction& action, int signal) {
  return (FindOwner(action).over_default & BitOf(signal)) != 0;
}

void NoteStopHandlers(const void* handler, const void* other) {
  OwnRecord().stop_handlers[0].store(AddressOf(handler),
                                     std::memory_order_release);
  OwnRecord().stop_handlers[1].store(AddressOf(other),
                                     std::memory_order_release);
}

void NoteCrashHandler(const void* handler) {
  OwnRecord().crash_handler.store(AddressOf(handler),
                                  std::memory_order_release);
}

void NoteTaken(int signal, bool over_default) {
  const uint64_t bit = BitOf(signal);
  if (over_default) {
    OwnRecord().over_default.fetch_or(bit, std::memory_order_relaxed);
  } else {
    OwnRecord().over_default.fetch_and(~bit, std::memory_order_relaxed);
  }
  CopySlot* const slot = OwnSlot();
  if (slot != nullptr) slot->taken.fetch_or(bit, std::memory_order_release);
}

}  // namespace finalize_internal
