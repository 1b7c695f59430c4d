// What is to be seen of a callback while it runs: since when, and by the
// observer.
//
// The start is kept in Node::sequence, which is of no use while the callback
// runs: marked by the highest bit, that no time reaches. Whoever arms a
// finalizer again puts the sequence back first.
#ifndef FINALIZE_INTERNAL_LIFE_RUN_WATCH_H_
#define FINALIZE_INTERNAL_LIFE_RUN_WATCH_H_

#include <cstdint>
#include <optional>

#include "finalize/cause.h"
#include "finalize/internal/life/observe.h"
#include "finalize/internal/node/callback.h"
#include "finalize/internal/node/core.h"
#include "finalize/report.h"

namespace finalize_internal {

constexpr uint64_t kStartBit = uint64_t{1} << 63;

// For the thread that runs `node`; `now` in nanoseconds of DrainNanos().
inline void RecordRunStart(Node* node, uint64_t now) {
  node->sequence.store(now | kStartBit, std::memory_order_relaxed);
}
// Returns when the callback of a running node started; 0 where that is not
// known.
inline uint64_t RunStartOf(const Node* node) {
  const uint64_t sequence = node->Sequence();
  return (sequence & kStartBit) != 0 ? sequence & ~kStartBit : 0;
}

// Watches one callback, on the thread that runs it. Its frame is up: what the
// observer does, the callback might have done.
class RunWatch {
 public:
  RunWatch(Node* node, const finalize::Cause& cause) noexcept;
  // Puts the sequence back.
  ~RunWatch();
  RunWatch(const RunWatch&) = delete;
  RunWatch& operator=(const RunWatch&) = delete;

  // The callback has returned, or thrown. Unless this is called there is no
  // end to be seen.
  void End(const Failure& failure) noexcept;

 private:
  Node* const node_;
  const uint64_t sequence_;
  uint64_t start_ = 0;
  Observation observation_;
  std::optional<finalize::ReportEntry> entry_;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_RUN_WATCH_H_
