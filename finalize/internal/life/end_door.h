// SPDX-License-Identifier: Apache-2.0

// The named door from this room up to the end of the process: the functions
// that registering and draining need. Their bodies are in end/: ArmExitHook and
// BlockForEnd in exit_handlers.cc, AbandonIfAsleep in takeover.cc, the words in
// end_state.cc.
#ifndef FINALIZE_INTERNAL_LIFE_END_DOOR_H_
#define FINALIZE_INTERNAL_LIFE_END_DOOR_H_

#include <atomic>
#include <cstdint>

#include "finalize/internal/life/registration.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

// The word of end_state.h: the epoch in the upper half, the state in the lowest
// byte, and the kind of end between them.
extern std::atomic<uint64_t> end_word;

constexpr uint64_t kArmedState = 2;  // EndState::kArmed
constexpr uint64_t ArmedWord(uint32_t epoch) {
  return (uint64_t{epoch} << 32) | kArmedState;
}

// Returns whether the state is kArmed and no end was requested.
inline bool IsArmed() {
  return end_word.load(std::memory_order_acquire) == ArmedWord(CurrentEpoch());
}

// Makes sure that exit() will drain the finalizers that are in the process
// registry at this moment. Returns kPastExit if the process is past its exit
// handlers, or past the deadline of its exit drains; kNoMemory if there is no
// memory for a handler.
Refusal ArmExitHook();

// Blocks this thread permanently: the process ends without it.
[[noreturn]] void BlockForEnd();

// The steps of the drain. One word tells at every moment which thread drains,
// and whether it is in a callback:
//
// clang-format off
//     63    42 41    32 31     1     0
//    +--------+--------+--------+----------+
//    |  task  |  turn  | count  | callback |
//    +--------+--------+--------+----------+
//
//   A drains, and B stands by in exit() (takeover.h)
//
//     A, t, n, out -- A claims a finalizer --> A, t, n + 1, in
//          ^                                        |    |
//          |   A's callback returns, or asks for    |    | B takes the
//          |   the end of the process               |    | drain over
//          +--- (A, t, n + 2, out) -----------------+    v
//                                            B, t + 1, n + 2, out
// clang-format on
//
// Each arrow is one compare-exchange, so A's callback ends, or B takes the
// drain over: never both. In the second case A is blocked when its callback
// returns. If its callback asks for the end, A is a thread that does not drain.
//
// A task is a gettid(), which has 22 bits on Linux. A drain compares turns and
// not tasks, because its callbacks may resume on another thread (frames.h).
extern std::atomic<uint64_t> end_steps;

constexpr int kEndTurnShift = 32;
constexpr int kEndTaskShift = 42;
constexpr uint32_t kEndTurnMask = (1 << (kEndTaskShift - kEndTurnShift)) - 1;

constexpr bool InEndCallback(uint64_t steps) { return (steps & 1) != 0; }
constexpr uint32_t EndTurnOf(uint64_t steps) {
  return static_cast<uint32_t>(steps >> kEndTurnShift) & kEndTurnMask;
}
constexpr int EndTaskOf(uint64_t steps) {
  return static_cast<int>(steps >> kEndTaskShift);
}

// The next step of the same thread.
constexpr uint64_t NextEndStep(uint64_t steps, bool in_callback) {
  const auto count = static_cast<uint32_t>(((steps >> 1) + 1) << 1);
  return steps >> kEndTurnShift << kEndTurnShift | count |
         uint64_t{in_callback};
}

inline uint32_t EndTurn() {
  return EndTurnOf(end_steps.load(std::memory_order_acquire));
}

// For a drain that began in `turn`, between its callbacks: blocks this thread
// permanently if another thread has taken the drain over.
inline void StayDrainer(uint32_t turn) {
  if (__builtin_expect(EndTurn() != turn, false)) BlockForEnd();
}

// The same, and takes a step, into a callback or out of it.
inline void TakeEndStep(uint32_t turn, bool in_callback) {
  uint64_t steps = end_steps.load(std::memory_order_acquire);
  do {
    if (__builtin_expect(EndTurnOf(steps) != turn, false)) BlockForEnd();
  } while (!end_steps.compare_exchange_weak(
      steps, NextEndStep(steps, in_callback), std::memory_order_acq_rel,
      std::memory_order_acquire));
}

// If the thread that runs `ref`, a finalizer of the process registry, sleeps in
// exit(), abandons what that thread was running, without a report. Returns
// whether it sleeps there.
bool AbandonIfAsleep(const NodeRef& ref);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_END_DOOR_H_
