// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/signals/hook_survey.h"

#include <dlfcn.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/debugging/symbolize.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"

namespace finalize_internal {
namespace {

using finalize::SignalHook;

// The name of the function at `code`; without one, its file and the offset.
std::string NameOf(const void* code) {
  if (code == nullptr) return "";
  char symbol[256];
  if (absl::Symbolize(code, symbol, sizeof(symbol))) return symbol;
  Dl_info file;
  if (dladdr(code, &file) == 0 || file.dli_fname == nullptr) {
    return absl::StrCat("0x", absl::Hex(reinterpret_cast<uintptr_t>(code)));
  }
  const std::string_view path = file.dli_fname;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return absl::StrCat(absl::string_view(name.data(), name.size()), "+0x",
                      absl::Hex(reinterpret_cast<uintptr_t>(code) -
                                reinterpret_cast<uintptr_t>(file.dli_fbase)));
}

}  // namespace

void AddTo(finalize::SignalHooks* hooks, int signal,
           const SignalLook& look) noexcept {
  IgnoringBadAlloc([&] {
    SignalHook hook;
    hook.signal = signal;
    hook.state = look.state;
    IgnoringBadAlloc([&] { hook.handler = NameOf(look.handler); });
    hooks->signals.push_back(std::move(hook));
  });
}

void HookTally::Add(const SignalLook& look, bool named) {
  const bool taken = look.state == SignalHook::State::kTaken;
  const bool handled = !taken && look.state != SignalHook::State::kIgnored;
  taken_ += taken;
  handled_ += handled;
  refused_ += handled && named;
}

absl::Status HookTally::status(const char* none,
                               const finalize::SignalHooks& all,
                               const char* advice) const {
  if (refused_ == 0 && (taken_ > 0 || handled_ == 0)) return absl::OkStatus();
  return StatusOrBareCode(absl::StatusCode::kFailedPrecondition, [&] {
    return absl::StrCat(refused_ > 0 ? "a named signal was not taken" : none,
                        ": ", all.ToString(), "; ", advice);
  });
}

}  // namespace finalize_internal
