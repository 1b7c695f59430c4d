// SPDX-License-Identifier: Apache-2.0

// SignalHooks lists which signals the exit hooks have taken, and why they have
// not taken the others.
//
//   finalize::InstallResult installed = finalize::InstallExitHooks(hooks);
//   LOG(INFO) << installed.hooks;
//   // SIGTERM taken, SIGINT handled by OnInterrupt(), SIGHUP ignored
//   ...
//   LOG(INFO) << finalize::HookedSignals();  // at any later time
//
// InstallExitHooks and HookedSignals (exit_hooks.h) ask the kernel, so the
// result shows what the program or another library has changed meanwhile.
//
// Values. Thread-compatible: const calls may run concurrently.
#ifndef FINALIZE_HOOKED_SIGNALS_H_
#define FINALIZE_HOOKED_SIGNALS_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "finalize/export.h"
#include "finalize/internal/base/requirements.h"

namespace finalize {

// The state of one signal.
struct SignalHook {
  enum class State : uint8_t {
    kTaken,     // the signal drains, or, if it is a crash signal, removes temp
                // dirs
    kIgnored,   // the signal is ignored and does nothing
    kHandled,   // the program has a handler, which was left alone: no drain
    kReplaced,  // the signal was taken, and another handler has replaced the
                // hooks': it drains only if that handler calls the hooks'
    kDefault,   // the signal was taken, and its default action was restored: it
                // ends the process without a drain
  };

  // Returns, for example, "SIGHUP ignored".
  FINALIZE_EXPORT std::string ToString() const;

  int signal = 0;
  State state = State::kDefault;
  // The name of the program's handler, or its file and offset if it has no
  // name: the handler that is installed or, if the signal is taken, the one
  // that runs before or after the drain. Empty if there is none.
  std::string handler;
};

struct SignalHooks {
  // Returns one line, or "no signals" if the list is empty.
  FINALIZE_EXPORT std::string ToString() const;

  std::vector<SignalHook> signals;
};

// The result of InstallExitHooks. Converts to its status.
struct [[nodiscard]] InstallResult {
  bool ok() const { return status.ok(); }
  operator absl::Status() const {
    return status;
  }  // NOLINT: a Status with more
  // Returns one line: the status and the states of the signals.
  FINALIZE_EXPORT std::string ToString() const;

  absl::Status status;
  // The signals that the call asked for; crash signals come last.
  SignalHooks hooks;
};

FINALIZE_EXPORT std::ostream& operator<<(std::ostream& stream,
                                         const SignalHook& hook);
FINALIZE_EXPORT std::ostream& operator<<(std::ostream& stream,
                                         const SignalHooks& hooks);
FINALIZE_EXPORT std::ostream& operator<<(std::ostream& stream,
                                         const InstallResult& result);

}  // namespace finalize

#endif  // FINALIZE_HOOKED_SIGNALS_H_
