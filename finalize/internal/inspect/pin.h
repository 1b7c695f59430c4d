// SPDX-License-Identifier: Apache-2.0

// PinHolder reads a finalizer without claiming it (a peek).
//
// A peek pins its node. A claim meanwhile wins at once, but the claiming thread
// waits until all pins are removed before it touches the callback.
// Registry::MoveTo moves the pins with the finalizers.
#ifndef FINALIZE_INTERNAL_INSPECT_PIN_H_
#define FINALIZE_INTERNAL_INSPECT_PIN_H_

#include "absl/base/thread_annotations.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

// Returns whether `word` says that `ref` is pending.
inline bool IsPending(const NodeRef& ref, uint64_t word) {
  return ref.Matches(word) && Node::Pends(word);
}

// Holds the lock of the lane of a pending finalizer of this process.
class PendingLane {
 public:
  explicit PendingLane(const NodeRef& ref);
  ~PendingLane();
  PendingLane(const PendingLane&) = delete;
  PendingLane& operator=(const PendingLane&) = delete;

  // Returns the lane, or null if the finalizer was not pending; then no lock is
  // held.
  Lane* get() const { return lane_; }
  int index() const { return index_; }

 private:
  Lane* lane_ = nullptr;
  int index_ = -1;
};

// Pins a pending node of this process during its lifetime. Confined to one
// thread.
class PinHolder {
 public:
  explicit PinHolder(const NodeRef& ref);
  ~PinHolder();
  PinHolder(const PinHolder&) = delete;
  PinHolder& operator=(const PinHolder&) = delete;

  // Returns the node, or null if it was not pending. While it is pinned the
  // callback, its arguments, the name and the place do not change.
  Node* node() const { return pin_.node; }

 private:
  Pin pin_ = {};
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_INSPECT_PIN_H_
