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

// Grows when a thread takes the drain over. A drain that began in an older turn
// is not the drain under way. A drain does not compare thread ids, because its
// callbacks may resume on another thread (frames.h).
extern std::atomic<uint32_t> end_turn;
inline uint32_t EndTurn() { return end_turn.load(std::memory_order_acquire); }

// Blocks this thread permanently: the process ends without it.
[[noreturn]] void BlockForEnd();

// For a drain that began in `turn`, between its callbacks: blocks this thread
// permanently if another thread has taken the drain over.
inline void StayDrainer(uint32_t turn) {
  if (__builtin_expect(EndTurn() != turn, false)) BlockForEnd();
}

// Counts the steps of the drain in the upper bits. The lowest bit says whether
// the drain is in a callback.
extern std::atomic<uint64_t> end_steps;
constexpr uint64_t NextEndStep(uint64_t steps, bool in_callback) {
  return ((steps >> 1) + 1) << 1 | uint64_t{in_callback};
}
// For the thread that drains.
inline void RecordEndStep(bool in_callback) {
  end_steps.store(
      NextEndStep(end_steps.load(std::memory_order_relaxed), in_callback),
      std::memory_order_release);
}

// If the thread that runs `ref`, a finalizer of the process registry, sleeps in
// exit(), abandons what that thread was running, without a report. Returns
// whether it sleeps there.
bool AbandonIfAsleep(const NodeRef& ref);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_END_DOOR_H_
