// SPDX-License-Identifier: Apache-2.0

// An ObservedRun shows a callback while it runs: when it started, and to the
// observer.
//
// The start is stored in Node::sequence, which is not needed while the callback
// runs. The highest bit, which no time reaches, marks it. Code that makes a
// finalizer pending again restores the sequence first.
#ifndef FINALIZE_INTERNAL_LIFE_OBSERVED_RUN_H_
#define FINALIZE_INTERNAL_LIFE_OBSERVED_RUN_H_

#include <cstdint>
#include <optional>

#include "finalize/cause.h"
#include "finalize/internal/life/observe.h"
#include "finalize/internal/node/callback.h"
#include "finalize/internal/node/core.h"
#include "finalize/report.h"

namespace finalize_internal {

constexpr uint64_t kStartBit = uint64_t{1} << 63;

// Stores the start of the run. For the thread that runs `node`; `now` is in
// nanoseconds of DrainNanos().
inline void RecordRunStart(Node* node, uint64_t now) {
  node->sequence.store(now | kStartBit, std::memory_order_relaxed);
}
// Returns when the callback of a running node started; 0 if that is not known.
inline uint64_t RunStartOf(const Node* node) {
  const uint64_t sequence = node->Sequence();
  return (sequence & kStartBit) != 0 ? sequence & ~kStartBit : 0;
}

// Observes one callback, on the thread that runs it. Its frame is in use
// already, so that the observer may do whatever the callback may do.
class ObservedRun {
 public:
  ObservedRun(Node* node, const finalize::Cause& cause) noexcept;
  // Restores the sequence.
  ~ObservedRun();
  ObservedRun(const ObservedRun&) = delete;
  ObservedRun& operator=(const ObservedRun&) = delete;

  // Tells the observer that the callback has returned or thrown. Without this
  // call the observer receives no end.
  void End(const Failure& failure) noexcept;

 private:
  Node* const node_;
  const uint64_t sequence_;
  uint64_t start_ = 0;
  Observation observation_;
  std::optional<finalize::ReportEntry> entry_;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_OBSERVED_RUN_H_
