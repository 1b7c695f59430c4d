// PendingWalk: what is pending in a registry, one after the other, whether or
// not there is memory for a list of it.
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

#include "finalize/internal/node/core.h"

namespace finalize_internal {

// A pending node and its place in the order, copied under the lane's lock.
struct Placed {
  NodeRef ref;
  int phase;
  uint64_t sequence;
};

// Shows in drain order what was pending when it began. What has been claimed
// meanwhile it may show or not. Holds no lock between two steps. Confined to
// one thread.
class PendingWalk {
 public:
  explicit PendingWalk(Core* core) noexcept;
  PendingWalk(const PendingWalk&) = delete;
  PendingWalk& operator=(const PendingWalk&) = delete;

  // False where there is no other.
  bool Next(NodeRef* ref) noexcept;

 private:
  // Without memory it looks again for every few of them: that takes time in
  // proportion to the square of what is pending.
  static constexpr size_t kBatch = 32;
  void LookAgain() noexcept;
  void Keep(const Placed& placed);

  Core* const core_;
  std::vector<NodeRef> all_;
  bool has_all_ = false;
  uint64_t newest_ = 0;             // what comes later has a larger sequence
  std::array<Placed, kBatch> few_;  // those that follow, in order
  size_t count_ = 0;                // of all_ or few_
  size_t next_ = 0;
};

// The pending finalizers of a registry, in drain order.
std::vector<NodeRef> PendingOf(Core* core);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_INSPECT_PENDING_WALK_H_
