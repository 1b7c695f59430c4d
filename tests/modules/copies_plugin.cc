// SPDX-License-Identifier: Apache-2.0

// One copy of the library: linked into a program, and into plugins.
#include "tests/modules/copies_plugin.h"

#include <signal.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/crash_callback.h"
#include "finalize/exit_hooks.h"
#include "finalize/module.h"
#include "finalize/observer.h"
#include "finalize/process_end.h"
#include "finalize/report.h"
#include "tests/support/scenario.h"

namespace {

using finalize_test::Require;
using finalize_test::Say;

void SetExitDeadline(int seconds) {
  finalize::ExitOptions options = finalize::GetExitOptions();
  options.deadline = absl::Seconds(seconds);
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
}

void Install(const CopyHooks& wanted) {
  SetExitDeadline(wanted.deadline_seconds);
  finalize::ExitHooks hooks;
  if (wanted.name_term) hooks.signals = {SIGTERM};
  if (wanted.name_usr1) hooks.signals = {SIGUSR1};
  hooks.usual_signals = !wanted.name_usr1;
  hooks.crash = wanted.crash;
  hooks.repeat_grace = absl::Milliseconds(wanted.repeat_grace_millis);
  if (wanted.on_signal != nullptr) hooks.on_signal = wanted.on_signal;
  const finalize::InstallResult result = finalize::InstallExitHooks(hooks);
  Require(result.ok() || wanted.may_fail, result.ToString());
}

void SayHooks() { Say(finalize::HookedSignals().ToString()); }

void Add(const char* word, void (*first)()) {
  finalize::AtExit(word, [word, first] {
    if (first != nullptr) first();
    Say(word);
  });
}

void EndBySignal(int signal) { finalize::EndBySignal(signal); }

void Observe(bool observes) {
  finalize::Observer observer;
  if (observes) {
    observer.end = [](const finalize::ReportEntry& entry) {
      Say("observed " + entry.name);
    };
  }
  finalize::SetObserver(observer);
}

void Run(const char* name) {
  finalize::AtExit(name, [] {}).Run();
}

const char* doomed = nullptr;
void RemoveInACrash(const char* path) {
  doomed = path;
  Require(finalize::AddCrashCallback(
              [](const finalize::Crash&) { unlink(doomed); }),
          "AddCrashCallback");
}

constexpr CopyPlugin kCopy = {
    Install,     SayHooks, Add, SetExitDeadline,
    EndBySignal, Observe,  Run, RemoveInACrash,
};

}  // namespace

extern "C" const CopyPlugin* GetCopy() { return &kCopy; }
