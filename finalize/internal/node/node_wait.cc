// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/node/node_wait.h"

#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/base/lock.h"

namespace finalize_internal {
namespace {

// Returns the half of the word that holds state, flags and lane.
uint32_t* LowHalf(Node* node) {
  static_assert(sizeof(node->word) == 8, "a futex is half of the word");
  uint32_t* halves = reinterpret_cast<uint32_t*>(&node->word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return halves + 1;
#else
  return halves;
#endif
}

// Sets kWaitedFlag, unless the word has changed.
bool MarkWaited(Node* node, uint64_t word) {
  LockHolder lock(LockAt(Node::LaneOf(word)));
  if (node->Word() != word) return false;
  node->SetWord(word | kWaitedFlag);
  return true;
}

}  // namespace

bool WaitWhile(Node* node, uint64_t mask, uint64_t value, uint64_t deadline) {
  for (;;) {
    uint64_t word = node->Word();
    if ((word & mask) != value) return true;
    if ((word & kWaitedFlag) == 0 && !MarkWaited(node, word)) continue;
    const uint64_t now = NowNanos();
    if (now >= deadline) return false;
    FutexSleep(LowHalf(node), static_cast<uint32_t>(word | kWaitedFlag),
               deadline - now);
  }
}

void WakeWaiters(Node* node) { FutexWake(LowHalf(node)); }

}  // namespace finalize_internal
