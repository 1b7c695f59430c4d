// The door from here to the end of the process: what registering and draining
// ask of it. Everything else of it lies in rooms above. The functions are
// defined in exit_handlers.cc and takeover.cc, the words in end_state.cc.
#ifndef FINALIZE_INTERNAL_LIFE_END_DOOR_H_
#define FINALIZE_INTERNAL_LIFE_END_DOOR_H_

#include <atomic>
#include <cstdint>

#include "finalize/internal/life/registration.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

// The word of end_state.h: the epoch in its upper half, the state in its lowest
// byte, the end between them.
extern std::atomic<uint64_t> end_word;

constexpr uint64_t kArmedState = 2;  // EndState::kArmed
constexpr uint64_t ArmedWord(uint32_t epoch) {
  return (uint64_t{epoch} << 32) | kArmedState;
}

// Whether the state is kArmed, and no end was asked for.
inline bool IsArmed() {
  return end_word.load(std::memory_order_acquire) == ArmedWord(CurrentEpoch());
}

// Makes sure that exit() will drain what is in the process registry at this
// moment. kPastExit where the process is past its exit handlers, or past the
// deadline of its exit drains; kNoMemory where there is none for a handler.
Refusal ArmExitHook();

// Grows when a thread takes the drain over. A drain that began in an older turn
// is not the one under way: it has no thread to compare, since its callbacks
// may be resumed on another one (frames.h).
extern std::atomic<uint32_t> end_turn;
inline uint32_t EndTurn() { return end_turn.load(std::memory_order_acquire); }

// Blocks this thread permanently: the process ends without it.
[[noreturn]] void BlockForEnd();

// For a drain that began in `turn`, between its callbacks: blocks this thread
// permanently if another one has taken the drain over.
inline void StayDrainer(uint32_t turn) {
  if (__builtin_expect(EndTurn() != turn, false)) BlockForEnd();
}

// Counts the steps of the drain, and says whether it is in a callback.
extern std::atomic<uint64_t> end_steps;
inline void NoteEndStep(bool in_callback) {
  const uint64_t steps = end_steps.load(std::memory_order_relaxed) >> 1;
  end_steps.store((steps + 1) << 1 | uint64_t{in_callback},
                  std::memory_order_relaxed);
}

// If the thread that runs `ref`, a finalizer of the process registry, sleeps in
// exit(): lets go what it was running, without a report. Returns whether it
// does.
bool AbandonIfAsleep(const NodeRef& ref);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_END_DOOR_H_
