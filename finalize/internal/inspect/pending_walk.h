// SPDX-License-Identifier: Apache-2.0

// PendingWalk visits the pending finalizers of a registry one after the other,
// even if there is no memory for a list of them.
//
//   PendingWalk walk(core);
//   for (NodeRef ref; walk.Next(&ref);) {
//     if (Node* node = ClaimToDetach(ref)) DropDetached(node);
//   }
#ifndef FINALIZE_INTERNAL_INSPECT_PENDING_WALK_H_
#define FINALIZE_INTERNAL_INSPECT_PENDING_WALK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "finalize/export.h"
#include "finalize/internal/node/core.h"

namespace finalize_internal {

// A pending node and its position in the order, copied under the lane's lock.
struct PendingNode {
  NodeRef ref;
  int phase;
  uint64_t sequence;
};

// Visits, in drain order, the finalizers that were pending when it began. It
// may or may not visit a finalizer that has been claimed meanwhile. Holds no
// lock between two steps. Confined to one thread.
class PendingWalk {
 public:
  explicit PendingWalk(Core* core) noexcept;
  PendingWalk(const PendingWalk&) = delete;
  PendingWalk& operator=(const PendingWalk&) = delete;

  // Sets *ref to the next finalizer. Returns false if there is none.
  bool Next(NodeRef* ref) noexcept;

 private:
  // Without memory it searches the registry again for every kBatch finalizers,
  // which takes time in proportion to the square of their number.
  static constexpr size_t kBatch = 32;
  void FindBatch() noexcept;
  void Keep(const PendingNode& candidate);

  Core* const core_;
  std::vector<NodeRef> all_;
  bool has_all_ = false;
  uint64_t newest_ = 0;  // later registrations have larger sequences
  std::array<PendingNode, kBatch> batch_;  // those that follow, in order
  size_t count_ = 0;                       // of all_ or batch_
  size_t next_ = 0;
};

// Returns the pending finalizers of a registry, in drain order.
FINALIZE_INTERNAL_EXPORT std::vector<NodeRef> PendingOf(Core* core);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_INSPECT_PENDING_WALK_H_
