// SPDX-License-Identifier: Apache-2.0

// What InstallExitHooks reports to its caller about the signals that it was
// asked for.
#ifndef FINALIZE_INTERNAL_SIGNALS_HOOK_SURVEY_H_
#define FINALIZE_INTERNAL_SIGNALS_HOOK_SURVEY_H_

#include "absl/status/status.h"
#include "finalize/hooked_signals.h"
#include "finalize/internal/signals/signal_handler.h"

namespace finalize_internal {

// Adds a signal to `hooks` if there is memory for it.
void AddTo(finalize::SignalHooks* hooks, int signal,
           const SignalLook& look) noexcept;

// Counts signals of one kind.
class HookTally {
 public:
  // Counts one signal. `named` is whether the caller named it.
  void Add(const SignalLook& look, bool named);

  // Returns OK, unless a signal that was named was not taken, or all signals
  // that could be taken have handlers. The message is `none`, `all`, and
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
