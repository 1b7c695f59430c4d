// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/signals/signal_handler.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "absl/base/attributes.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/const_init_array.h"
#include "finalize/internal/copies/copy_handlers.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/signals/exit_hook_settings.h"
#include "finalize/internal/signals/signal_action.h"
#include "finalize/internal/signals/signal_death.h"
#include "finalize/internal/signals/signal_request.h"

namespace finalize_internal {
namespace {

using finalize::SignalHook;

// There are two handlers, which take turns. If one is installed over a handler
// of the program that calls the other, the other does nothing.
constexpr int kTurns = 2;

struct Slot {
  std::atomic<uint32_t> asked;  // the last epoch that asked for it; 0: none
  std::atomic<uint32_t> epoch;  // of the last process that took it; 0: none
  std::atomic<int> turn;        // which of the handlers was installed last
  std::atomic<bool> last;       // whether the program's handler runs last
  // The thread that is in the program's handler, which one of ours called.
  std::atomic<pid_t> calling;
  // What each of the handlers found. Complete before it is installed.
  struct sigaction previous[kTurns];
};
ABSL_CONST_INIT ConstInitArray<Slot, NSIG> slots;

// The signal that was sent again, for the program's handler; 0 for none.
std::atomic<int> handed_back{0};

pid_t ThisThread() { return static_cast<pid_t>(syscall(SYS_gettid)); }

// Restores the program's action and calls its handler in this frame, as the
// kernel would have done.
void HandBack(int signal, const struct sigaction& previous, siginfo_t* info,
              void* context) {
  struct sigaction next = previous;
  if (previous.sa_flags & SA_RESETHAND) next = {};
  sigaction(signal, &next, nullptr);
  CallHandler(previous, signal, info, context);
}

// For a process that did not install the hooks: acts as if they did not exist.
void HandleElsewhere(int signal, const struct sigaction& previous,
                     siginfo_t* info, void* context) {
  if (IsHandler(previous)) {
    HandBack(signal, previous, info, context);
  } else {
    RaiseByDefault(signal);
  }
}

// Calls the handler that runs after the drain, with the information of the
// first signal.
void HandleLast(int signal, const struct sigaction& previous, siginfo_t* info,
                void* context) {
  siginfo_t first;
  if (CopyRequestInfo(signal, &first)) info = &first;
  HandBack(signal, previous, info, context);
  FinishBySignal(signal);
}

// Whether this process has taken `signal`, and did not inherit its handler.
bool IsTaken(int signal) {
  return HooksAreOurs() &&
         slots[signal].epoch.load(std::memory_order_relaxed) == OwnerEpoch();
}

// The first signal of a request.
void HandleFirst(int signal, const struct sigaction& previous, siginfo_t* info,
                 void* context) {
  Slot& slot = slots[signal];
  if (IsHandler(previous) && !slot.last.load(std::memory_order_relaxed)) {
    slot.calling.store(ThisThread(), std::memory_order_relaxed);
    EnterOwnHandler(context);
    CallHandler(previous, signal, info, context);
    LeaveOwnHandler(context);
    slot.calling.store(0, std::memory_order_relaxed);
  }
  PostRequest(signal);
}

void HandleTaken(int signal, const struct sigaction& previous, siginfo_t* info,
                 void* context) {
  int expected = signal;
  if (handed_back.compare_exchange_strong(expected, 0)) {
    HandleLast(signal, previous, info, context);
  }
  switch (Accept(signal, *info, context, NowNanos(),
                 Settings().repeat_grace_nanos)) {
    case Arrival::kFirst:
      HandleFirst(signal, previous, info, context);
      break;
    case Arrival::kRepeat:
      break;
    case Arrival::kNow:
      DieBySignal(signal);
  }
}

// Whether a handler of the program calls the handler of ours that it replaced,
// while the one of ours that replaced it waits for it.
bool IsInner(int signal, int turn, const void* context) {
  const Slot& slot = slots[signal];
  return slot.turn.load(std::memory_order_relaxed) != turn &&
         slot.calling.load(std::memory_order_relaxed) == ThisThread() &&
         IsPassedOn(context);
}

template <int kTurn>
void Handle(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  const struct sigaction& previous = slots[signal].previous[kTurn];
  if (!IsTaken(signal)) {
    HandleElsewhere(signal, previous, info, context);
  } else if (!IsInner(signal, kTurn, context)) {
    HandleTaken(signal, previous, info, context);
  }
  errno = saved_errno;
}

// Returns which of the handlers it is; -1 if it is none of them.
int TurnOf(const struct sigaction& action) {
  if ((action.sa_flags & SA_SIGINFO) == 0) return -1;
  if (action.sa_sigaction == &Handle<0>) return 0;
  return action.sa_sigaction == &Handle<1> ? 1 : -1;
}

// Returns which of the handlers to install over `found`: the same again if it
// would find what it found before, so that nothing is written that the handler
// may be reading.
int NextTurn(const Slot& slot, const struct sigaction& found) {
  const int turn = slot.turn.load(std::memory_order_relaxed);
  return IsHandler(found) || IsHandler(slot.previous[turn]) ? 1 - turn : turn;
}

// Installs one over `found`. Returns false if the kernel refuses.
bool Install(int signal, const struct sigaction& found) {
  Slot& slot = slots[signal];
  const int turn = NextTurn(slot, found);
  if (IsHandler(found) || IsHandler(slot.previous[turn])) {
    slot.previous[turn] = found;
  }
  slot.turn.store(turn, std::memory_order_relaxed);
  slot.epoch.store(CurrentEpoch());  // the handler looks at it
  NoteStopHandlers(reinterpret_cast<const void*>(&Handle<0>),
                   reinterpret_cast<const void*>(&Handle<1>));
  NoteTaken(signal, /*over_default=*/!IsHandler(found));
  struct sigaction own = {};
  own.sa_sigaction = turn == 0 ? &Handle<0> : &Handle<1>;
  own.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  if (IsHandler(found)) {
    // The program's handler runs inside ours: with its mask, on the stack and
    // with the restarts that it asked for.
    own.sa_mask = found.sa_mask;
    own.sa_flags =
        SA_SIGINFO | (found.sa_flags & (SA_ONSTACK | SA_RESTART | SA_NODEFER));
  }
  return sigaction(signal, &own, nullptr) == 0;
}

// Returns the state of a signal whose action is `found`.
SignalLook Describe(int signal, const struct sigaction& found) {
  const int turn = TurnOf(found);
  if (turn >= 0) {
    const struct sigaction& previous = slots[signal].previous[turn];
    const bool own = IsTaken(signal);
    return {own                   ? SignalHook::State::kTaken
            : IsHandler(previous) ? SignalHook::State::kHandled
                                  : SignalHook::State::kDefault,
            HandlerOf(previous)};
  }
  if (IsIgnored(found)) return {SignalHook::State::kIgnored, nullptr};
  if (!IsHandler(found)) return {SignalHook::State::kDefault, nullptr};
  const HandlerOwner owner = OwnerOf(found, signal);
  if (owner == HandlerOwner::kCopy) return {SignalHook::State::kTaken, nullptr};
  if (owner == HandlerOwner::kIdleCopy && IsOverDefault(found, signal)) {
    return {SignalHook::State::kDefault, nullptr};
  }
  return {IsTaken(signal) ? SignalHook::State::kReplaced
                          : SignalHook::State::kHandled,
          HandlerOf(found)};
}

// Takes over a handler that this process inherited.
void Inherit(int signal, int turn) {
  Slot& slot = slots[signal];
  slot.turn.store(turn, std::memory_order_relaxed);
  slot.epoch.store(CurrentEpoch());
  NoteTaken(signal, /*over_default=*/!IsHandler(slot.previous[turn]));
}

}  // namespace

SignalLook TakeSignal(int signal, TakeAs how) {
  Slot& slot = slots[signal];
  if (slot.asked.exchange(CurrentEpoch()) != CurrentEpoch()) {
    slot.last.store(false);
    slot.calling.store(0);
    handed_back.store(0);
  }
  struct sigaction found;
  if (sigaction(signal, nullptr, &found) != 0) {
    return {SignalHook::State::kDefault, nullptr};
  }
  if (how == TakeAs::kHandledLast) slot.last.store(true);
  const int turn = TurnOf(found);
  if (turn < 0 && IsHandler(found)) {
    const HandlerOwner owner = OwnerOf(found, signal);
    // Its handler wakes the thread of this copy, too.
    if (owner == HandlerOwner::kCopy)
      return {SignalHook::State::kTaken, nullptr};
    if (owner == HandlerOwner::kIdleCopy && IsOverDefault(found, signal)) {
      found = {};
    }
  }
  const bool handled = IsHandler(turn >= 0 ? slot.previous[turn] : found);
  if (turn >= 0 && IsTaken(signal)) {
    slot.turn.store(turn, std::memory_order_relaxed);  // it was put back
  } else if (IsIgnored(found) || (handled && how == TakeAs::kUsual)) {
    return Describe(signal, found);
  } else if (turn >= 0) {
    Inherit(signal, turn);
  } else if (!Install(signal, found)) {
    return {SignalHook::State::kDefault, nullptr};
  }
  return {SignalHook::State::kTaken,
          HandlerOf(slot.previous[slot.turn.load(std::memory_order_relaxed)])};
}

SignalLook LookAtSignal(int signal) {
  struct sigaction found;
  if (sigaction(signal, nullptr, &found) != 0) {
    return {SignalHook::State::kDefault, nullptr};
  }
  return Describe(signal, found);
}

bool IsAskedFor(int signal) {
  return HooksAreOurs() && slots[signal].asked.load() == OwnerEpoch();
}

bool HandleAfterDrain(int signal) {
  const Slot& slot = slots[signal];
  struct sigaction found;
  if (!IsTaken(signal) || !slot.last.load(std::memory_order_relaxed) ||
      sigaction(signal, nullptr, &found) != 0) {
    return false;
  }
  const int turn = TurnOf(found);
  if (turn < 0 || !IsHandler(slot.previous[turn])) return false;
  handed_back.store(signal);
  SendAgain(signal);
  return true;
}

}  // namespace finalize_internal
