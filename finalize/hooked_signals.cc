// SPDX-License-Identifier: Apache-2.0

#include "finalize/hooked_signals.h"

#include <signal.h>
#include <string.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace finalize {
namespace {

// "TERM", or null.
const char* Abbreviation(int signal) {
#ifdef __GLIBC__
  return sigabbrev_np(signal);
#else
  struct Name {
    int signal;
    const char* text;
  };
  static constexpr Name kNames[] = {
      {SIGHUP, "HUP"},   {SIGINT, "INT"},   {SIGQUIT, "QUIT"},
      {SIGILL, "ILL"},   {SIGTRAP, "TRAP"}, {SIGABRT, "ABRT"},
      {SIGBUS, "BUS"},   {SIGFPE, "FPE"},   {SIGUSR1, "USR1"},
      {SIGSEGV, "SEGV"}, {SIGUSR2, "USR2"}, {SIGPIPE, "PIPE"},
      {SIGALRM, "ALRM"}, {SIGTERM, "TERM"}, {SIGXCPU, "XCPU"},
      {SIGXFSZ, "XFSZ"}, {SIGSYS, "SYS"},
  };
  for (const Name& name : kNames) {
    if (name.signal == signal) return name.text;
  }
  return nullptr;
#endif
}

std::string NameOf(int signal) {
  if (signal >= SIGRTMIN && signal <= SIGRTMAX) {
    const int offset = signal - SIGRTMIN;
    return offset == 0 ? "SIGRTMIN" : absl::StrCat("SIGRTMIN+", offset);
  }
  const char* const name = Abbreviation(signal);
  return name != nullptr ? absl::StrCat("SIG", name)
                         : absl::StrCat("signal ", signal);
}

// `word`, then `link` and the handler, if that is known.
std::string With(const SignalHook& hook, const char* word, const char* link) {
  return hook.handler.empty() ? word
                              : absl::StrCat(word, " ", link, " ",
                                             absl::CHexEscape(hook.handler));
}

std::string StateOf(const SignalHook& hook) {
  switch (hook.state) {
    case SignalHook::State::kTaken:
      return With(hook, "taken", "beside");
    case SignalHook::State::kIgnored:
      return "ignored";
    case SignalHook::State::kHandled:
      return With(hook, "handled", "by");
    case SignalHook::State::kReplaced:
      return With(hook, "replaced", "by");
    case SignalHook::State::kDefault:
      return "at its default";
  }
  return "unknown";
}

}  // namespace

std::string SignalHook::ToString() const {
  return absl::StrCat(NameOf(signal), " ", StateOf(*this));
}

std::string SignalHooks::ToString() const {
  if (signals.empty()) return "no signals";
  return absl::StrJoin(signals, ", ",
                       [](std::string* out, const SignalHook& hook) {
                         out->append(hook.ToString());
                       });
}

std::string InstallResult::ToString() const {
  if (!status.ok()) return status.ToString();  // with the signals, if any
  return absl::StrCat("OK: ", hooks.ToString());
}

std::ostream& operator<<(std::ostream& stream, const SignalHook& hook) {
  return stream << hook.ToString();
}

std::ostream& operator<<(std::ostream& stream, const SignalHooks& hooks) {
  return stream << hooks.ToString();
}

std::ostream& operator<<(std::ostream& stream, const InstallResult& result) {
  return stream << result.ToString();
}

}  // namespace finalize
