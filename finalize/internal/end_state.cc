#include "finalize/internal/end_state.h"

#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "finalize/internal/drain.h"
#include "finalize/internal/fork_epoch.h"
#include "finalize/internal/futex.h"
#include "finalize/internal/process_exit.h"
#include "finalize/internal/thread_state.h"

namespace finalize_internal {
namespace {

using finalize::Cause;

enum State : uint8_t { kIdle, kArming, kArmed, kDraining, kDrained };

constexpr Cause kNoEnd = Cause::kCall;  // ranks below every end

struct Moment {
  State state = kIdle;
  Cause end = kNoEnd;
  bool overruled = false;  // another thread than the one that drains ends it
};

constexpr uint64_t Pack(uint32_t epoch, const Moment& moment) {
  return (uint64_t{epoch} << 32) | (uint64_t{moment.overruled} << 24) |
         (static_cast<uint64_t>(moment.end.signal) << 16) |
         (uint64_t{moment.end.kind} << 8) | moment.state;
}

// What `word` says to the process of `epoch`.
Moment Unpack(uint32_t epoch, uint64_t word) {
  if (word >> 32 != epoch) return {};
  return {static_cast<State>(word & 0xff),
          Cause(static_cast<Cause::Kind>(word >> 8 & 0xff),
                static_cast<int>(word >> 16 & 0xff)),
          (word >> 24 & 1) != 0};
}

int Rank(const Cause& end) {
  switch (end.kind) {
    case Cause::kExit:
    case Cause::kQuickExit:
      return 1;
    case Cause::kSignal:
      return 2;
    case Cause::kTerminate:
      return 3;
    default:
      return 0;
  }
}

std::atomic<uint64_t> word{0};
// The thread that drains or was the last to, as the address of its
// ThreadState. It ends the process, or is parked.
std::atomic<const void*> drainer{nullptr};
// Grows when a drain is over.
std::atomic<uint32_t> drained{0};

uint32_t* DrainedWord() { return reinterpret_cast<uint32_t*>(&drained); }

enum class Step { kDrain, kGoOn, kAwait, kEnd, kPark };

// The step of the thread that drains, or did, in kDraining and kDrained.
Step StepOfDrainer(const Cause& cause, Moment* moment) {
  const bool nested = moment->state == kDraining;
  if (nested && cause.kind == Cause::kTerminate &&
      moment->end.kind == Cause::kTerminate && !moment->overruled) {
    return Step::kEnd;
  }
  if (Rank(cause) > Rank(moment->end)) moment->overruled = false;
  if (Rank(cause) >= Rank(moment->end) && !moment->overruled) {
    moment->end = cause;
  }
  return nested ? Step::kGoOn : Step::kEnd;
}

Step StepOfOther(const Cause& cause, Moment* moment) {
  if (Rank(cause) <= Rank(moment->end)) {
    const bool quick = cause.kind == Cause::kQuickExit &&
                       moment->state == kDrained && Rank(moment->end) == 1;
    return quick ? Step::kEnd : Step::kPark;
  }
  moment->end = cause;
  moment->overruled = true;
  return moment->state == kDraining ? Step::kAwait : Step::kEnd;
}

// The step of a thread that asks for an end. Moves `moment` on.
Step Decide(const Cause& cause, Moment* moment) {
  if (moment->state == kDraining || moment->state == kDrained) {
    return drainer.load(std::memory_order_acquire) == &this_thread
               ? StepOfDrainer(cause, moment)
               : StepOfOther(cause, moment);
  }
  *moment = {kDraining, cause, false};
  return Step::kDrain;
}

// Waits for the drain of another thread, as the one that ends the process.
void AwaitDrained(const Cause& cause) {
  LeaveCallbacks();  // the drain may wait for one of them
  const uint32_t epoch = CurrentEpoch();
  for (;;) {
    const uint32_t seen = drained.load(std::memory_order_acquire);
    const Moment now = Unpack(epoch, word.load(std::memory_order_acquire));
    if (now.end != cause) Park(cause);  // overruled in its turn
    if (now.state != kDraining) return;
    FutexSleep(DrainedWord(), seen, UINT64_MAX);
  }
}

}  // namespace

Begun BeginEnd(const Cause& cause) {
  const uint32_t epoch = CurrentEpoch();
  uint64_t seen = word.load(std::memory_order_acquire);
  Step step;
  Moment moment;
  do {
    moment = Unpack(epoch, seen);
    step = Decide(cause, &moment);
    if (step == Step::kPark) Park(cause);
  } while (!word.compare_exchange_weak(seen, Pack(epoch, moment),
                                       std::memory_order_acq_rel));
  if (step == Step::kDrain) {
    drainer.store(&this_thread, std::memory_order_release);
    return Begun::kDrains;
  }
  if (step == Step::kGoOn) return Begun::kGoesOn;
  if (step == Step::kAwait) AwaitDrained(cause);
  return Begun::kNothing;
}

Cause CurrentEnd() {
  return Unpack(CurrentEpoch(), word.load(std::memory_order_acquire)).end;
}

Cause FinishEnd() {
  const uint32_t epoch = CurrentEpoch();
  uint64_t seen = word.load(std::memory_order_acquire);
  Moment moment;
  do {
    moment = Unpack(epoch, seen);
    moment.state = kDrained;
  } while (!word.compare_exchange_weak(seen, Pack(epoch, moment),
                                       std::memory_order_acq_rel));
  drained.fetch_add(1, std::memory_order_acq_rel);
  FutexWake(DrainedWord());
  if (moment.overruled) Park(moment.end);
  return moment.end;
}

bool IsArmed() {
  return word.load(std::memory_order_acquire) ==
         Pack(CurrentEpoch(), {kArmed, kNoEnd, false});
}

bool Arm(bool (*past)(), bool (*add)()) {
  const uint32_t epoch = CurrentEpoch();
  for (;;) {
    uint64_t seen = word.load(std::memory_order_acquire);
    const Moment moment = Unpack(epoch, seen);
    if (moment.state == kArmed) return true;
    if (moment.state == kDraining) return !past();
    if (moment.state == kArming) {
      sched_yield();
      continue;
    }
    if (moment.end != kNoEnd && moment.end.kind != Cause::kExit) return false;
    if (moment.state == kDrained && past()) return false;
    uint64_t arming = Pack(epoch, {kArming, moment.end, false});
    if (!word.compare_exchange_strong(seen, arming,
                                      std::memory_order_acq_rel)) {
      continue;
    }
    const bool added = add();
    const State next = added ? kArmed : moment.state;
    // Unless a drain has begun meanwhile.
    word.compare_exchange_strong(arming, Pack(epoch, {next, moment.end, false}),
                                 std::memory_order_acq_rel);
    return added;
  }
}

void Park(const Cause& cause) {
  AddHookFor(cause);  // for the next thread that asks in this way
  LeaveCallbacks();
  for (;;) pause();
}

}  // namespace finalize_internal
