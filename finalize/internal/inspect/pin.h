// Looking at a finalizer without claiming it.
//
// A peek pins its node: a claim meanwhile wins at once, but whoever claims
// waits for the pins to go before it touches the callback. Registry::MoveTo
// takes the pins along.
#ifndef FINALIZE_INTERNAL_INSPECT_PIN_H_
#define FINALIZE_INTERNAL_INSPECT_PIN_H_

#include "absl/base/thread_annotations.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

// Whether `word` is that of the pending finalizer `ref`.
inline bool IsPending(const NodeRef& ref, uint64_t word) {
  return ref.Matches(word) && Node::Pends(word);
}

// Locks the lane of a pending finalizer of this process, while it lives.
class PendingLane {
 public:
  explicit PendingLane(const NodeRef& ref);
  ~PendingLane();
  PendingLane(const PendingLane&) = delete;
  PendingLane& operator=(const PendingLane&) = delete;

  // Null if the finalizer was not pending: then nothing is locked.
  Lane* get() const { return lane_; }
  int index() const { return index_; }

 private:
  Lane* lane_ = nullptr;
  int index_ = -1;
};

// Pins a pending node of this process while it lives. Confined to one thread.
class PinHolder {
 public:
  explicit PinHolder(const NodeRef& ref);
  ~PinHolder();
  PinHolder(const PinHolder&) = delete;
  PinHolder& operator=(const PinHolder&) = delete;

  // The node, or null where it was not pending. While it is pinned the
  // callback, its arguments, the name and the place do not change.
  Node* node() const { return pin_.node; }

 private:
  Pin pin_ = {};
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_INSPECT_PIN_H_
