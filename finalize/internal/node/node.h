// SPDX-License-Identifier: Apache-2.0

// A Node is one finalizer: a slot of type-stable memory (slab.h) that holds the
// links, the state, and the callback with its bound arguments.
//
//                       Publish
//     kFree ------------------------------> kPending
//       ^                                   |      ^
//       |            the claim: one step    |      | a failed run of a
//       |            under the lane's lock  |      | retryable finalizer,
//       |         +-------------------------+      | at its old position
//       |         v                         v      |
//       |     kDetached                  kRunning -+
//       |         |                      |      |
//       |         | callable destroyed   |      | its drain returned without it
//       +---------+----------------------+      v
//       +----------------------------------- kAbandoned
//
//   kFree       on a free list, or being built by one thread
//   kPending    on a `pending` list or the `set_aside` list of a lane, and on
//               the list of its lifetime if it has one
//   kTried      as kPending, on `set_aside`: the drain under way has tried it
//   kRunning    on the running list of its lane; claimed by one thread
//   kAbandoned  running, on no list; only the running thread knows it
//   kDetached   on no list; owned by the callable that Detach returned
//
// The generation grows with every step to kFree, so that a handle (node and
// generation) becomes stale permanently. It has 48 bits, which last two months
// for a single slot with one step every 20 ns.
//
// A claim removes the node from the list of its lifetime. A retryable node
// stays there until it is dead or its lifetime ends.
#ifndef FINALIZE_INTERNAL_NODE_NODE_H_
#define FINALIZE_INTERNAL_NODE_NODE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "finalize/internal/node/callback.h"
#include "finalize/options.h"

namespace finalize_internal {

struct Node;
struct LifetimeList;

enum NodeState : uint64_t {
  kFree = 0,
  kPending = 1,
  kRunning = 2,    // these two differ in the lowest bit,
  kAbandoned = 3,  // see kRunsMask
  kDetached = 4,
  kTried = 5,  // pending, too: see kPendsMask
};

// The parts of Node::word, lowest bit first.
constexpr uint64_t kStateMask = 7;
constexpr uint64_t kRunsMask = 6;   // kRunning under it: a callback runs
constexpr uint64_t kPendsMask = 3;  // kPending under it: it is pending
constexpr uint64_t kAtExitFlag = 1 << 3;
constexpr uint64_t kLifetimeFlag = 1 << 4;  // payload opens with a link
constexpr uint64_t kNamedFlag = 1 << 5;     // payload ends with a name
constexpr uint64_t kRetryableFlag = 1 << 6;
constexpr uint64_t kWaitedFlag = 1 << 7;    // a thread sleeps on the word
constexpr uint64_t kSetAsideFlag = 1 << 8;  // on the list of those set aside
constexpr uint64_t kPinnedFlag = 1 << 9;    // a thread peeks at it
constexpr int kLaneShift = 10;
constexpr uint64_t kLaneMask = uint64_t{63} << kLaneShift;
constexpr int kGenerationShift = 16;
constexpr uint64_t kGenerationMask = ~uint64_t{0} << kGenerationShift;

// The beginning of the payload of a finalizer that belongs to a lifetime.
// `from` is the pointer that points here, so that a lifetime moves in O(1).
struct LifetimeLink {
  Node* older;
  Node** from;  // the newer link's `older`, or the list's head; null: not on a
                // list
  const std::weak_ptr<void>* referent;  // null if no shared_ptr owns it
  int lane;                             // whose lock guards the list
};

struct alignas(16) Node {
  // The lock of the node's lane guards the fields, from the publication of the
  // node until its callback is detached or the node is retired. Before and
  // after that it belongs to one thread. `word` and `epoch` may be read at any
  // time.
  Node* newer;
  Node* older;                 // also links free lists
  std::atomic<uint64_t> word;  // generation, lane, flags, state
  // Nanoseconds of CLOCK_MONOTONIC: the time of the registration, which gives
  // the position in the order. While the callback runs: the time of its start,
  // if that is known (observed_run.h).
  std::atomic<uint64_t> sequence;
  const CallbackOps* ops;
  uint32_t core;                // Core::id of its registry
  std::atomic<uint32_t> epoch;  // of the process that registered it
  const char* file;
  int32_t line;
  int32_t phase;

  uint64_t Sequence() const { return sequence.load(std::memory_order_relaxed); }
  uint64_t Word() const { return word.load(std::memory_order_acquire); }
  // Only for a thread that may change the node.
  void SetWord(uint64_t next) { word.store(next, std::memory_order_release); }
  static NodeState StateOf(uint64_t word) {
    return NodeState(word & kStateMask);
  }
  static bool Pends(uint64_t word) { return (word & kPendsMask) == kPending; }
  static int LaneOf(uint64_t word) {
    return static_cast<int>((word & kLaneMask) >> kLaneShift);
  }

  char* payload() { return reinterpret_cast<char*>(this + 1); }
  LifetimeLink& lifetime_link() {
    return *reinterpret_cast<LifetimeLink*>(payload());
  }
  void* callable() {
    return payload() +
           CallableOffset(word.load(std::memory_order_relaxed) & kLifetimeFlag,
                          ops->alignment);
  }
  // The name is stored after the callable, with a zero byte at its end.
  char* name_storage() { return static_cast<char*>(callable()) + ops->size; }
  std::string_view name() {
    return (word.load(std::memory_order_relaxed) & kNamedFlag)
               ? std::string_view(name_storage())
               : std::string_view();
  }
  finalize::Place place() const { return {file, line}; }

  static constexpr size_t CallableOffset(bool has_lifetime, size_t alignment) {
    return has_lifetime
               ? (sizeof(LifetimeLink) + alignment - 1) & ~(alignment - 1)
               : 0;
  }
};
static_assert(sizeof(Node) == 64, "a node's header is one cache line");

// What a handle holds: a node and one of its generations. It owns nothing.
struct NodeRef {
  Node* node = nullptr;
  uint64_t generation = 0;  // in place, i.e. masked with kGenerationMask

  // Returns whether `word` is of the same generation of the node.
  bool Matches(uint64_t word) const {
    return (word & kGenerationMask) == generation;
  }
};
inline bool operator==(const NodeRef& a, const NodeRef& b) {
  return a.node == b.node && a.generation == b.generation;
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_NODE_H_
