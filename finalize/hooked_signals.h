// SignalHooks: which signals the exit hooks have taken, and which not and why.
//
//   finalize::InstallResult installed = finalize::InstallExitHooks(hooks);
//   LOG(INFO) << installed.hooks;
//   // SIGTERM taken, SIGINT handled by OnInterrupt(), SIGHUP ignored
//   ...
//   LOG(INFO) << finalize::HookedSignals();  // at any later time
//
// Both InstallExitHooks and HookedSignals (exit_hooks.h) ask the kernel, so
// what the program or a library has changed since shows.
//
// Values; thread-compatible.
#ifndef FINALIZE_HOOKED_SIGNALS_H_
#define FINALIZE_HOOKED_SIGNALS_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "finalize/requirements.h"

namespace finalize {

// How one signal stands.
struct SignalHook {
  enum class State : uint8_t {
    kTaken,     // it drains, or, if it is a crash signal, removes temp dirs
    kIgnored,   // it is ignored, and does nothing
    kHandled,   // a handler was there, and was left alone: it does not drain
    kReplaced,  // it was taken, and another handler has replaced the hooks'
                // since: it drains only if that handler calls the hooks'
    kDefault,   // its action is the default one, although it was taken once: it
                // ends the process without a drain
  };

  // Returns, for example, "SIGHUP ignored".
  std::string ToString() const;

  int signal = 0;
  State state = State::kDefault;
  // The name of the program's handler, or its file and offset if it has no
  // name: the handler that is there or, if the signal is taken, the one that
  // runs before or after the drain. Empty if there is none.
  std::string handler;
};

struct SignalHooks {
  // Returns one line; "no signals" if there are none.
  std::string ToString() const;

  std::vector<SignalHook> signals;
};

// What InstallExitHooks did. Converts to its status.
struct [[nodiscard]] InstallResult {
  bool ok() const { return status.ok(); }
  operator absl::Status() const {
    return status;
  }  // NOLINT: a Status with more
  // Returns one line: the status and how the signals stand.
  std::string ToString() const;

  absl::Status status;
  // The signals that the call asked for; those of crashes come last.
  SignalHooks hooks;
};

std::ostream& operator<<(std::ostream& stream, const SignalHook& hook);
std::ostream& operator<<(std::ostream& stream, const SignalHooks& hooks);
std::ostream& operator<<(std::ostream& stream, const InstallResult& result);

}  // namespace finalize

#endif  // FINALIZE_HOOKED_SIGNALS_H_
