// How a process ends: the state machine behind exit(), quick_exit(), signals
// and std::terminate(), which are causes of one drain.
//
//          arms               begins                        finishes
//     kIdle --> kArming -> kArmed --> kBeginning -> kDraining --> kDrained
//                  ^                                                 |
//                  | arms, if the process comes to exit              |
//                  +-------------------------------------------------+
//
// A drain begins from every state on the left, armed or not; exit() gets there
// only where it is armed. In kArming and kBeginning, both short, others wait.
//
// Beside the state stands the end that the process comes to. It only rises:
//
//     none ---> exit, quick_exit ---> signal ---> terminate
//
// Who asks for an end   finds kDraining         finds kDrained
// -------------------   ---------------------   ------------------------------
// in that drain's own   goes on with the drain, ends the process
//   thread              to the higher end
// elsewhere, higher     awaits the drain, then  ends the process
//                       ends the process
// elsewhere, not higher stands by in exit()     is parked; quick_exit after an
//                       and quick_exit(), else  exit drain ends the process
//                       is parked
//
// A thread whose drain was overruled from elsewhere is parked when it has
// drained. So one thread ends the process, and none ends it under a drain.
// std::terminate() inside the drain of a std::terminate() does not go on.
//
// A thread that stands by (takeover.h) waits for the drain, and takes it over
// from a callback that will not come back:
//
//     drains <-- T1 takes over -- stands by
//       |
//       +-- its callback sleeps in exit(): its thread never wakes
//       +-- its callback is slow: its thread is parked when it comes back
//
// All of it is one word, which carries the epoch of its process: a child of a
// fork begins anew, whatever its parent was at.
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

enum class EndRole {
  kDrains,          // this thread drains
  kContinuesDrain,  // it drains already: a callback of the drain asks
  kTakesOver,       // it goes on with the drain that another thread has begun
  kEndsProcess,     // it ends the process without a drain
};

static_assert(static_cast<uint64_t>(EndState::kArmed) == kArmedState);

// Asks for the end of the process. Returns to the thread that is to go on.
EndRole BeginEnd(const finalize::Cause& cause);

// The end that the process comes to, as of now.
finalize::Cause CurrentEnd();

// Notes that the drain is over. Returns to the thread that ends the process:
// the end it comes to. `turn` as of the beginning of the drain.
finalize::Cause FinishEnd(uint32_t turn);

// Makes it kArmed, by add(), if need be. False where it cannot be: the process
// comes to another end than exit, past() or add() says so.
bool Arm(bool (*past)(), bool (*add)());

// Whether this thread is in exit(), and its drain is over.
bool HasDrainedHere();

// Whether this thread is in exit(), and its drain has begun, or been.
bool ExitsHere();

// For dlclose() of the module that holds the library: its hooks, which
// dlclose() runs, do nothing from now on, and there are none to be had.
void RetireEnds();

// Blocks a thread for good. The process ends under it.
[[noreturn]] void Park(const finalize::Cause& cause);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_END_STATE_H_
