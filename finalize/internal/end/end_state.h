// SPDX-License-Identifier: Apache-2.0

// The state machine of the end of a process: exit(), quick_exit(), signals and
// std::terminate() are causes of one drain. exit_handlers.h draws the way
// through the files of this room.
//
// clang-format off
//          arms               begins                        finishes
//     kIdle --> kArming -> kArmed --> kBeginning -> kDraining --> kDrained
//                  ^                                                 |
//                  | arms, if the process comes to exit              |
//                  +-------------------------------------------------+
// clang-format on
//
// Armed: the hooks in exit() are added. A drain begins from every state on the
// left, armed or not; exit() reaches a hook only if it is armed. kArming and
// kBeginning are short, and other threads wait for their end.
//
// The word also holds the end that the process comes to. It only rises:
//
//     none ---> exit, quick_exit ---> signal ---> terminate
//
// What a thread that asks for an end does next (EndRole) depends on which
// thread it is, and on whether it asks for a higher end than the process comes
// to:
//
// clang-format off
//   Row  Who asks               finds kDraining        finds kDrained
//   ---  ---------------------  ---------------------  ------------------------
//    1   the thread of that     kContinuesDrain, to    kEndsProcess
//        drain                  the higher end
//    2   another one, for a     kAwaitsDrain, then     kEndsProcess
//        higher end             ends the process
//    3   another one, for no    kStandsBy in exit()    kIsBlocked; kEndsProcess
//        higher end             and quick_exit(),      for quick_exit() after
//                               else kIsBlocked        the drain of an exit
// clang-format on
//
// A thread that finds another state kDrains. After row 2 in kDraining, the
// thread that drains is blocked when it has drained (FinishEnd). So one thread
// ends the process, and no thread ends it during a drain. One exception to row
// 1: std::terminate() in the drain of a std::terminate() is kEndsProcess.
//
// A thread that stands by (takeover.h) waits for the drain, and takes it over
// from a callback that will not return:
//
// clang-format off
//     drains <-- kTakesOver -- stands by
//       |
//       +-- its callback sleeps in exit(): its thread never wakes
//       +-- its callback is slow: its thread is blocked when it returns
// clang-format on
//
// The state and the end are one word (end_word in end_door.h), which carries
// the epoch of its process: a forked child begins anew, whatever the state of
// its parent. Which thread drains, and whether it is in a callback, is another
// one (end_steps, drawn in end_door.h): so a callback ends, or the drain is
// taken over from it, never both.
//
// Thread-safe.
#ifndef FINALIZE_INTERNAL_END_END_STATE_H_
#define FINALIZE_INTERNAL_END_END_STATE_H_

#include <atomic>
#include <cstdint>

#include "finalize/cause.h"
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/node/fork_epoch.h"

namespace finalize_internal {

enum class EndState : uint8_t {
  kIdle,
  kArming,
  kArmed,
  kBeginning,
  kDraining,
  kDrained
};

static_assert(static_cast<uint64_t>(EndState::kArmed) == kArmedState);

// What a thread does next that has asked for the end of the process.
enum class EndRole {
  kDrains,          // it drains
  kContinuesDrain,  // it drains already: a callback of the drain asks
  kAwaitsDrain,     // AwaitDrained, then it ends the process
  kStandsBy,        // after the next hook is added: StandBy (takeover.h)
  kTakesOver,       // after StandBy: it continues the drain of another thread
  kIsBlocked,       // after the next hook is added: Block
  kEndsProcess,     // it ends the process without a drain
};

// Asks for the end of the process. Waits only while the state is kBeginning.
EndRole BeginEnd(const finalize::Cause& cause);

// For kAwaitsDrain. Returns when the drain is over; blocks the thread if yet
// another one asks for a higher end meanwhile.
void AwaitDrained(const finalize::Cause& cause);

// The end that the process comes to, as of now.
finalize::Cause CurrentEnd();

// Notes that the drain is over, and returns the end that the process comes to:
// after the drain of an exit, a signal if one was posted. Blocks the thread if
// another one ends the process.
finalize::Cause FinishEnd();

// Blocks this thread permanently: the process ends without it. A thread that
// was in exit() or quick_exit() adds a hook first, in place of the one that it
// does not return from.
[[noreturn]] void Block();

// --- Arming ---

// The hooks in exit() are added between these two:
//
//   const Arming arming = BeginArming();
//   if (arming.role == Arming::Role::kAddsHooks) FinishArming(arming, Add());
struct Arming {
  enum class Role {
    kIsArmed,    // nothing to do: the hooks are there, or a drain is under way
    kAddsHooks,  // this thread adds them, and calls FinishArming
    kIsRefused,  // the process is past its exit drain, or comes to another end
  };
  Role role;
  uint64_t word = 0;                  // for FinishArming
  EndState before = EndState::kIdle;  // for FinishArming
};

Arming BeginArming();

// Makes the state kArmed, or what it was if the hooks could not be added,
// unless a drain has begun meanwhile.
void FinishArming(const Arming& arming, bool added);

// --- For the thread that stands by ---

// What a thread sees of the drain of another one.
struct DrainView {
  uint32_t drains_over;  // for AwaitChange
  bool under_way;
  finalize::Cause end;  // that the process comes to
  bool above_exit;      // whether that is a signal or std::terminate()
  uint64_t steps;       // of the drain (end_door.h)
  int task;             // the id of the thread that drains
};
DrainView ViewDrain();

// Sleeps until a drain is over after `view`, or for `nanos`.
void AwaitChange(const DrainView& view, uint64_t nanos);

// Makes this thread the one that drains, in place of the one in `view`. Returns
// false if the drain has taken a step since `view`, or another thread has taken
// it over: that is a step, too, and ends what was a callback.
bool TakeDrain(const DrainView& view);

// --- For modules ---

// Returns true if the drain at the end of the process is over, and this thread
// ran it last.
bool HasDrainedHere();

// Returns true if this thread runs the drain at the end of the process, or ran
// it last.
bool ExitsHere();

// For dlclose() of the module that contains the library: its hooks, which
// dlclose() runs, do nothing from now on, and none can be added.
void RetireEnds();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_END_STATE_H_
