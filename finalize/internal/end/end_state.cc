// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/end/end_state.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "absl/base/attributes.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/copies/end_guard.h"
#include "finalize/internal/drain/drain_context.h"
#include "finalize/internal/end/end_deadline.h"
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/signals/signal_request.h"
#include "finalize/internal/system/signals_blocked.h"

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

// The epoch to which the task in end_steps belongs: the thread that drains, or
// was the last to drain. It ends the process, or is blocked.
std::atomic<uint32_t> drainer_epoch{0};
// Whether the library itself is being unmapped: its hooks are called, and must
// do nothing.
std::atomic<bool> unloads{false};
// Grows when a drain is over.
std::atomic<uint32_t> drained{0};

int ThisTask() { return static_cast<int>(syscall(SYS_gettid)); }

// `steps` with the thread `task`, in `turn`.
uint64_t WithTask(uint64_t steps, int task, uint32_t turn) {
  return uint64_t{static_cast<uint32_t>(task)} << kEndTaskShift |
         uint64_t{turn & kEndTurnMask} << kEndTurnShift |
         static_cast<uint32_t>(steps);
}

// Whether this thread is the one that drains. If so, it is out of its callback
// from now on, and no thread takes the drain over.
bool KeepsDrain() {
  const int self = ThisTask();
  uint64_t steps = end_steps.load(std::memory_order_acquire);
  do {
    if (EndTaskOf(steps) != self) return false;
  } while (!end_steps.compare_exchange_weak(
      steps, NextEndStep(steps, /*in_callback=*/false),
      std::memory_order_acq_rel, std::memory_order_acquire));
  return true;
}

// Whether this thread was the last to drain, when the drain is over.
bool HasDrained() {
  return EndTaskOf(end_steps.load(std::memory_order_acquire)) == ThisTask();
}

uint32_t* DrainedWord() { return reinterpret_cast<uint32_t*>(&drained); }

// Row 1 of the table: the thread that drains, or that has drained, asks.
EndRole RoleOfDrainer(const Cause& cause, EndWord* moment) {
  const bool nested = moment->state == EndState::kDraining;
  if (nested && cause.kind == Cause::Kind::kTerminate &&
      moment->end.kind == Cause::Kind::kTerminate && !moment->overruled) {
    return EndRole::kEndsProcess;  // the exception to row 1
  }
  if (Rank(cause) > Rank(moment->end)) moment->overruled = false;
  if (Rank(cause) >= Rank(moment->end) && !moment->overruled) {
    moment->end = cause;
  }
  return nested ? EndRole::kContinuesDrain : EndRole::kEndsProcess;
}

// Rows 2 and 3: another thread asks. Row 3 leaves `moment` as it is.
EndRole RoleOfOther(const Cause& cause, EndWord* moment) {
  if (Rank(cause) <= Rank(moment->end)) {
    const bool quick = cause.kind == Cause::Kind::kQuickExit &&
                       moment->state == EndState::kDrained &&
                       Rank(moment->end) == 1;
    if (quick) return EndRole::kEndsProcess;
    return Rank(cause) == 1 && moment->state == EndState::kDraining
               ? EndRole::kStandsBy
               : EndRole::kIsBlocked;
  }
  moment->end = cause;
  moment->overruled = true;
  return moment->state == EndState::kDraining ? EndRole::kAwaitsDrain
                                              : EndRole::kEndsProcess;
}

// The role of a thread that asks for an end. Moves `moment` on.
EndRole Decide(const Cause& cause, EndWord* moment) {
  const bool draining = moment->state == EndState::kDraining;
  if (draining || moment->state == EndState::kDrained) {
    return (draining ? KeepsDrain() : HasDrained())
               ? RoleOfDrainer(cause, moment)
               : RoleOfOther(cause, moment);
  }
  *moment = {EndState::kBeginning, cause, false};
  return EndRole::kDrains;
}

// Waits while a thread records that it is the one that drains. Returns the word
// after that.
uint64_t AwaitBegun(uint32_t epoch, uint64_t word) {
  while (Unpack(epoch, word).state == EndState::kBeginning) {
    sched_yield();
    word = end_word.load(std::memory_order_acquire);
  }
  return word;
}

// For the thread that begins the drain. A child may have been forked in a
// callback.
void BecomeDrainer() {
  const uint64_t steps = end_steps.load(std::memory_order_relaxed);
  end_steps.store(WithTask(NextEndStep(steps, /*in_callback=*/false),
                           ThisTask(), EndTurnOf(steps)),
                  std::memory_order_release);
}

// The end that the process comes to after the drain of `exit`, an exit() or a
// quick_exit(): a signal that was posted before, whether or not the thread that
// serves signals has run since.
Cause AfterExitDrain(const Cause& exit) {
  const int signal = PostedToDrain();
  return signal != 0 ? Cause(Cause::Kind::kSignal, signal) : exit;
}

static_assert(Pack(7, {EndState::kArmed, kNoEnd, false}) == ArmedWord(7));
static_assert(static_cast<int>(Cause::Kind::kCall) == 0);

}  // namespace

ABSL_CONST_INIT std::atomic<uint64_t> end_word{0};
ABSL_CONST_INIT std::atomic<uint64_t> end_steps{0};

EndRole BeginEnd(const Cause& cause) {
  if (unloads.load(std::memory_order_acquire)) return EndRole::kEndsProcess;
  // A signal handler that calls exit() while this thread begins would wait for
  // this thread.
  const SignalsBlocked blocked;
  const uint32_t epoch = CurrentEpoch();
  uint64_t seen = end_word.load(std::memory_order_acquire);
  EndRole role;
  EndWord moment;
  do {
    seen = AwaitBegun(epoch, seen);
    moment = Unpack(epoch, seen);
    role = Decide(cause, &moment);
    if (role == EndRole::kIsBlocked || role == EndRole::kStandsBy) return role;
  } while (!end_word.compare_exchange_weak(seen, Pack(epoch, moment),
                                           std::memory_order_acq_rel));
  if (role == EndRole::kDrains) {
    BecomeDrainer();
    drainer_epoch.store(epoch, std::memory_order_release);
    moment.state = EndState::kDraining;
    end_word.store(Pack(epoch, moment), std::memory_order_release);
  }
  return role;
}

void AwaitDrained(const Cause& cause) {
  AbandonFrames();  // the drain may wait for one of them
  for (;;) {
    const DrainView view = ViewDrain();
    // A higher end than this one: no thread comes here from exit(), so none
    // needs another hook.
    if (view.end != cause) Block();
    if (!view.under_way) return;
    AwaitChange(view, UINT64_MAX);
  }
}

Cause CurrentEnd() {
  return Unpack(CurrentEpoch(), end_word.load(std::memory_order_acquire)).end;
}

Cause FinishEnd() {
  const uint32_t epoch = CurrentEpoch();
  uint64_t seen = end_word.load(std::memory_order_acquire);
  EndWord moment;
  do {
    moment = Unpack(epoch, seen);
    moment.state = EndState::kDrained;
    if (Rank(moment.end) == 1) moment.end = AfterExitDrain(moment.end);
  } while (!end_word.compare_exchange_weak(seen, Pack(epoch, moment),
                                           std::memory_order_acq_rel));
  drained.fetch_add(1, std::memory_order_acq_rel);
  FutexWake(DrainedWord());
  // By a signal or std::terminate(): those need no hook in exit().
  if (moment.overruled) Block();
  return moment.end;
}

void Block() {
  NoteBlockedThread();
  AbandonFrames();
  for (;;) pause();
}

Arming BeginArming() {
  using Role = Arming::Role;
  const uint32_t epoch = CurrentEpoch();
  for (;;) {
    if (unloads.load(std::memory_order_acquire)) return {Role::kIsRefused};
    uint64_t seen = end_word.load(std::memory_order_acquire);
    const EndWord moment = Unpack(epoch, seen);
    if (moment.state == EndState::kArmed) return {Role::kIsArmed};
    if (moment.state == EndState::kDraining) {
      return {PastEndDeadline() ? Role::kIsRefused : Role::kIsArmed};
    }
    if (moment.state == EndState::kArming ||
        moment.state == EndState::kBeginning) {
      sched_yield();
      continue;
    }
    if ((moment.end != kNoEnd && moment.end.kind != Cause::Kind::kExit) ||
        (moment.state == EndState::kDrained && PastEndDeadline())) {
      return {Role::kIsRefused};
    }
    const uint64_t arming = Pack(epoch, {EndState::kArming, moment.end, false});
    if (end_word.compare_exchange_strong(seen, arming,
                                         std::memory_order_acq_rel)) {
      return {Role::kAddsHooks, arming, moment.state};
    }
  }
}

void FinishArming(const Arming& arming, bool added) {
  const auto epoch = static_cast<uint32_t>(arming.word >> 32);
  const EndWord moment = Unpack(epoch, arming.word);
  const EndState next = added ? EndState::kArmed : arming.before;
  uint64_t expected = arming.word;  // unless a drain has begun meanwhile
  end_word.compare_exchange_strong(expected,
                                   Pack(epoch, {next, moment.end, false}),
                                   std::memory_order_acq_rel);
}

DrainView ViewDrain() {
  const uint32_t drains_over = drained.load(std::memory_order_acquire);
  const EndWord now =
      Unpack(CurrentEpoch(), end_word.load(std::memory_order_acquire));
  const uint64_t steps = end_steps.load(std::memory_order_acquire);
  return {drains_over, now.state == EndState::kDraining,
          now.end,     Rank(now.end) > 1,
          steps,       EndTaskOf(steps)};
}

void AwaitChange(const DrainView& view, uint64_t nanos) {
  FutexSleep(DrainedWord(), view.drains_over, nanos);
}

bool TakeDrain(const DrainView& view) {
  uint64_t steps = view.steps;
  return end_steps.compare_exchange_strong(
      steps,
      WithTask(NextEndStep(steps, /*in_callback=*/false), ThisTask(),
               EndTurnOf(steps) + 1),
      std::memory_order_acq_rel);
}

bool HasDrainedHere() {
  const uint64_t word = end_word.load(std::memory_order_acquire);
  return word != 0 &&
         Unpack(CurrentEpoch(), word).state == EndState::kDrained &&
         HasDrained();
}

bool ExitsHere() {
  return drainer_epoch.load(std::memory_order_acquire) == CurrentEpoch() &&
         HasDrained();
}

void RetireEnds() {
  StopGuard();
  unloads.store(true, std::memory_order_release);
  end_word.store(uint64_t{CurrentEpoch()} << 32, std::memory_order_release);
}

}  // namespace finalize_internal
