#include "finalize/internal/end/end_state.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "absl/base/attributes.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/copies/end_guard.h"
#include "finalize/internal/drain/drain.h"
#include "finalize/internal/end/exit_handlers.h"
#include "finalize/internal/end/takeover.h"
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {
namespace {

using finalize::Cause;

constexpr Cause kNoEnd = Cause::Kind::kCall;  // ranks below every end

struct EndWord {
  EndState state = EndState::kIdle;
  Cause end = kNoEnd;
  bool overruled = false;  // another thread than the one that drains ends it
};

constexpr uint64_t Pack(uint32_t epoch, const EndWord& moment) {
  return (uint64_t{epoch} << 32) | (uint64_t{moment.overruled} << 24) |
         (static_cast<uint64_t>(moment.end.signal) << 16) |
         (static_cast<uint64_t>(moment.end.kind) << 8) |
         static_cast<uint64_t>(moment.state);
}

// What `word` says to the process of `epoch`.
EndWord Unpack(uint32_t epoch, uint64_t word) {
  if (word >> 32 != epoch) return {};
  return {static_cast<EndState>(word & 0xff),
          Cause(static_cast<Cause::Kind>(word >> 8 & 0xff),
                static_cast<int>(word >> 16 & 0xff)),
          (word >> 24 & 1) != 0};
}

int Rank(const Cause& end) {
  switch (end.kind) {
    case Cause::Kind::kExit:
    case Cause::Kind::kQuickExit:
      return 1;
    case Cause::Kind::kSignal:
      return 2;
    case Cause::Kind::kTerminate:
      return 3;
    default:
      return 0;
  }
}

// The thread that drains or was the last to, as the address of its
// ThreadState. It ends the process, or is parked.
std::atomic<const void*> drainer{nullptr};
// The id of that thread.
std::atomic<int> drainer_task{0};
// The epoch in which that holds.
std::atomic<uint32_t> drainer_epoch{0};
// Whether the library itself is being unmapped: its hooks run, and must not.
std::atomic<bool> unloads{false};
// Grows when a drain is over.
std::atomic<uint32_t> drained{0};

uint32_t* DrainedWord() { return reinterpret_cast<uint32_t*>(&drained); }

enum class Step { kDrain, kGoOn, kAwait, kEnd, kStandBy, kPark };

// The step of the thread that drains, or that has drained.
Step StepOfDrainer(const Cause& cause, EndWord* moment) {
  const bool nested = moment->state == EndState::kDraining;
  if (nested && cause.kind == Cause::Kind::kTerminate &&
      moment->end.kind == Cause::Kind::kTerminate && !moment->overruled) {
    return Step::kEnd;
  }
  if (Rank(cause) > Rank(moment->end)) moment->overruled = false;
  if (Rank(cause) >= Rank(moment->end) && !moment->overruled) {
    moment->end = cause;
  }
  return nested ? Step::kGoOn : Step::kEnd;
}

Step StepOfOther(const Cause& cause, EndWord* moment) {
  if (Rank(cause) <= Rank(moment->end)) {
    const bool quick = cause.kind == Cause::Kind::kQuickExit &&
                       moment->state == EndState::kDrained &&
                       Rank(moment->end) == 1;
    if (quick) return Step::kEnd;
    return Rank(cause) == 1 && moment->state == EndState::kDraining
               ? Step::kStandBy
               : Step::kPark;
  }
  moment->end = cause;
  moment->overruled = true;
  return moment->state == EndState::kDraining ? Step::kAwait : Step::kEnd;
}

// The step of a thread that asks for an end. Moves `moment` on.
Step Decide(const Cause& cause, EndWord* moment) {
  if (moment->state == EndState::kDraining ||
      moment->state == EndState::kDrained) {
    return drainer.load(std::memory_order_acquire) == &this_thread
               ? StepOfDrainer(cause, moment)
               : StepOfOther(cause, moment);
  }
  *moment = {EndState::kBeginning, cause, false};
  return Step::kDrain;
}

// Waits while a thread says that it is the one that drains. Returns the word
// after that.
uint64_t AwaitBegun(uint32_t epoch, uint64_t word) {
  while (Unpack(epoch, word).state == EndState::kBeginning) {
    sched_yield();
    word = end_word.load(std::memory_order_acquire);
  }
  return word;
}

// Waits for the drain of another thread, as the one that ends the process.
void AwaitDrained(const Cause& cause) {
  AbandonFrames();  // the drain may wait for one of them
  const uint32_t epoch = CurrentEpoch();
  for (;;) {
    const uint32_t seen = drained.load(std::memory_order_acquire);
    const EndWord now = Unpack(epoch, end_word.load(std::memory_order_acquire));
    if (now.end != cause) Park(cause);  // overruled in its turn
    if (now.state != EndState::kDraining) return;
    FutexSleep(DrainedWord(), seen, UINT64_MAX);
  }
}

void BecomeDrainer() {
  drainer_task.store(static_cast<int>(syscall(SYS_gettid)),
                     std::memory_order_relaxed);
  drainer.store(&this_thread, std::memory_order_release);
}

// Waits for the drain of another thread, in exit() or quick_exit(). Returns
// where this thread has taken it over.
void StandBy(const Cause& cause) {
  AddHookFor(cause);  // for the next thread that asks in this way
  NoteParkedThread();
  AbandonFrames();
  const uint32_t epoch = CurrentEpoch();
  Takeover takeover;
  for (;;) {
    const uint32_t seen = drained.load(std::memory_order_acquire);
    const EndWord now = Unpack(epoch, end_word.load(std::memory_order_acquire));
    if (now.state != EndState::kDraining) break;
    const void* from = drainer.load(std::memory_order_acquire);
    const int task = drainer_task.load(std::memory_order_relaxed);
    const Why why = takeover.Look(task, /*may_be_slow=*/Rank(now.end) > 1);
    if (why != Why::kNo && drainer.compare_exchange_strong(
                               from, &this_thread, std::memory_order_acq_rel)) {
      BecomeDrainer();
      end_turn.fetch_add(1, std::memory_order_acq_rel);
      if (why == Why::kSleepsInExit) AbandonSleeper(task, now.end);
      return;
    }
    FutexSleep(DrainedWord(), seen, takeover.NextNap());
  }
  for (;;) pause();
}

static_assert(Pack(7, {EndState::kArmed, kNoEnd, false}) == ArmedWord(7));
static_assert(static_cast<int>(Cause::Kind::kCall) == 0);

}  // namespace

ABSL_CONST_INIT std::atomic<uint64_t> end_word{0};
ABSL_CONST_INIT std::atomic<uint64_t> end_steps{0};
ABSL_CONST_INIT std::atomic<uint32_t> end_turn{0};

FINALIZE_OWN_FRAME EndRole BeginEnd(const Cause& cause) {
  if (unloads.load(std::memory_order_acquire)) return EndRole::kEndsProcess;
  const uint32_t epoch = CurrentEpoch();
  uint64_t seen = end_word.load(std::memory_order_acquire);
  Step step;
  EndWord moment;
  do {
    seen = AwaitBegun(epoch, seen);
    moment = Unpack(epoch, seen);
    step = Decide(cause, &moment);
    if (step == Step::kPark) Park(cause);
    if (step == Step::kStandBy) {
      StandBy(cause);
      return EndRole::kTakesOver;
    }
  } while (!end_word.compare_exchange_weak(seen, Pack(epoch, moment),
                                           std::memory_order_acq_rel));
  if (step == Step::kDrain) {
    BecomeDrainer();
    drainer_epoch.store(epoch, std::memory_order_release);
    moment.state = EndState::kDraining;
    end_word.store(Pack(epoch, moment), std::memory_order_release);
    return EndRole::kDrains;
  }
  if (step == Step::kGoOn) return EndRole::kContinuesDrain;
  if (step == Step::kAwait) AwaitDrained(cause);
  return EndRole::kEndsProcess;
}

Cause CurrentEnd() {
  return Unpack(CurrentEpoch(), end_word.load(std::memory_order_acquire)).end;
}

Cause FinishEnd(uint32_t turn) {
  StayDrainer(turn);
  const uint32_t epoch = CurrentEpoch();
  uint64_t seen = end_word.load(std::memory_order_acquire);
  EndWord moment;
  do {
    moment = Unpack(epoch, seen);
    moment.state = EndState::kDrained;
  } while (!end_word.compare_exchange_weak(seen, Pack(epoch, moment),
                                           std::memory_order_acq_rel));
  drained.fetch_add(1, std::memory_order_acq_rel);
  FutexWake(DrainedWord());
  if (moment.overruled) Park(moment.end);
  return moment.end;
}

bool Arm(bool (*past)(), bool (*add)()) {
  const uint32_t epoch = CurrentEpoch();
  for (;;) {
    if (unloads.load(std::memory_order_acquire)) return false;
    uint64_t seen = end_word.load(std::memory_order_acquire);
    const EndWord moment = Unpack(epoch, seen);
    if (moment.state == EndState::kArmed) return true;
    if (moment.state == EndState::kDraining) {
      return !past();
    }
    if (moment.state == EndState::kArming ||
        moment.state == EndState::kBeginning) {
      sched_yield();
      continue;
    }
    if ((moment.end != kNoEnd && moment.end.kind != Cause::Kind::kExit) ||
        (moment.state == EndState::kDrained && past())) {
      return false;
    }
    uint64_t arming = Pack(epoch, {EndState::kArming, moment.end, false});
    if (!end_word.compare_exchange_strong(seen, arming,
                                          std::memory_order_acq_rel)) {
      continue;
    }
    const bool added = add();
    const EndState next = added ? EndState::kArmed : moment.state;
    // Unless a drain has begun meanwhile.
    end_word.compare_exchange_strong(arming,
                                     Pack(epoch, {next, moment.end, false}),
                                     std::memory_order_acq_rel);
    return added;
  }
}

FINALIZE_OWN_FRAME bool HasDrainedHere() {
  const uint64_t word = end_word.load(std::memory_order_acquire);
  return word != 0 &&
         Unpack(CurrentEpoch(), word).state == EndState::kDrained &&
         drainer.load(std::memory_order_acquire) == &this_thread;
}

FINALIZE_OWN_FRAME bool ExitsHere() {
  return drainer_epoch.load(std::memory_order_acquire) == CurrentEpoch() &&
         drainer.load(std::memory_order_acquire) == &this_thread;
}

void RetireEnds() {
  StopGuard();
  unloads.store(true, std::memory_order_release);
  end_word.store(uint64_t{CurrentEpoch()} << 32, std::memory_order_release);
}

void ParkForEnd() { Park(CurrentEnd()); }

void Park(const Cause& cause) {
  AddHookFor(cause);  // for the next thread that asks in this way
  NoteParkedThread();
  AbandonFrames();
  for (;;) pause();
}

}  // namespace finalize_internal
