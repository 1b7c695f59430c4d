// What became of the signals that InstallExitHooks was asked for, as its
// caller is told.
#ifndef FINALIZE_INTERNAL_SIGNALS_HOOK_SURVEY_H_
#define FINALIZE_INTERNAL_SIGNALS_HOOK_SURVEY_H_

#include "absl/status/status.h"
#include "finalize/hooked_signals.h"
#include "finalize/internal/signals/signal_handler.h"

namespace finalize_internal {

// Adds a signal to `hooks`, as far as there is memory.
void AddTo(finalize::SignalHooks* hooks, int signal,
           const SignalLook& look) noexcept;

// Counts signals of one kind.
class HookTally {
 public:
  // Counts one. `named` is whether the caller named it.
  void Add(const SignalLook& look, bool named);

  // OK, unless there is a signal that was named and was not taken, or there are
  // handlers on all that could be taken. The message is `none`, `all`, and
  // `advice`.
  absl::Status status(const char* none, const finalize::SignalHooks& all,
                      const char* advice) const;

 private:
  int taken_ = 0;
  int handled_ = 0;
  int refused_ = 0;  // of those that were named
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_HOOK_SURVEY_H_
