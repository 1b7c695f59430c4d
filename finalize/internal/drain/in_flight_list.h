// SPDX-License-Identifier: Apache-2.0

// InFlightList: the requests of an InFlight (finalize/in_flight.h), under one
// lock, and the finalizer that waits for them.
#ifndef FINALIZE_INTERNAL_DRAIN_IN_FLIGHT_LIST_H_
#define FINALIZE_INTERNAL_DRAIN_IN_FLIGHT_LIST_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

class InFlightList;

// The lock of all lists.
inline Lock& InFlightLock() { return LockAt(kInFlightLock); }

// A request. It is on its list from Enter to Leave. What a child inherited is
// on no list of the child.
struct InFlightEntry : std::enable_shared_from_this<InFlightEntry> {
  InFlightEntry(std::string_view name_in, std::shared_ptr<InFlightList> list_in)
      : name(name_in), since(NowNanos()), list(std::move(list_in)) {}

  const std::string name;
  const uint64_t since;
  const std::shared_ptr<InFlightList> list;
  // That of the list, when the request entered.
  uint32_t epoch ABSL_GUARDED_BY(InFlightLock()) = 0;
  InFlightEntry* older ABSL_GUARDED_BY(InFlightLock()) = nullptr;
  InFlightEntry* newer ABSL_GUARDED_BY(InFlightLock()) = nullptr;
};

// What an InFlight, its finalizer and its tickets share. It belongs to the
// process of its epoch; the first use in a child starts it anew.
//
//   event                 open_   owned_  finalizer
//   constructed           true    true    pending
//   Close(), or drained   false   true    pending, or dead
//   ~InFlight             false   false   pending until the last ticket leaves
//
// If exit() was called in a signal handler that interrupted a change of a list
// (interrupted.h), nothing enters or leaves from then on, and AwaitNone returns
// false at once.
//
// Thread-safe.
class InFlightList {
 public:
  enum class Entry { kDone, kClosed, kUnregistered };

  InFlightList();
  InFlightList(const InFlightList&) = delete;
  InFlightList& operator=(const InFlightList&) = delete;

  // Before a change.
  void MakeOwn();
  // Takes the finalizer that was registered, or cancels it if there is one.
  void TakeFinalizer(const NodeRef& finalizer);

  Entry Enter(InFlightEntry* entry);
  void Leave(InFlightEntry* entry);
  void Close();
  // Closes it for the destructor of its owner.
  void Disown();
  // Returns false if `deadline`, in nanoseconds of the clock of drains, passes
  // before the last request has left.
  bool AwaitNone(uint64_t deadline);

  bool open() const;
  size_t size() const;
  // Adds the oldest requests, as far as the capacity of `entries` allows.
  // Returns how many are in flight.
  size_t CopyOldest(
      std::vector<std::shared_ptr<const InFlightEntry>>* entries) const;

 private:
  bool IsOwn() const;
  // Returns the finalizer if nothing needs it any more, else a dead handle.
  NodeRef UnneededFinalizer() ABSL_EXCLUSIVE_LOCKS_REQUIRED(InFlightLock());

  std::atomic<uint32_t> epoch_;
  // Counts how often the last request has left while a thread waited for it.
  uint32_t emptied_ = 0;
  bool open_ ABSL_GUARDED_BY(InFlightLock()) = true;
  bool owned_ ABSL_GUARDED_BY(InFlightLock()) = true;
  bool registered_ ABSL_GUARDED_BY(InFlightLock()) = false;
  int waiters_ ABSL_GUARDED_BY(InFlightLock()) = 0;
  size_t size_ ABSL_GUARDED_BY(InFlightLock()) = 0;
  InFlightEntry* oldest_ ABSL_GUARDED_BY(InFlightLock()) = nullptr;
  InFlightEntry* newest_ ABSL_GUARDED_BY(InFlightLock()) = nullptr;
  NodeRef finalizer_ ABSL_GUARDED_BY(InFlightLock());
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_IN_FLIGHT_LIST_H_
