// SPDX-License-Identifier: Apache-2.0

// A process that crashes: crash_child WAY HOOKS BEFORE.
//
//   WAY     how (crash_ways.h)
//   HOOKS   "without", or "with" the exit hooks for crashes
//   BEFORE  what handles crashes before the hooks: "default", "absl", or "own"
//
// It has temp dirs. Says what the crash callback and the own handler are called
// with.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/debugging/failure_signal_handler.h"
#include "absl/debugging/symbolize.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/crash_callback.h"
#include "finalize/exit_hooks.h"
#include "tempdir/temp_dir.h"
#include "tests/crash/crash_ways.h"
#include "tests/support/scenario.h"
#include "tests/support/tree_shapes.h"

namespace {

using finalize_test::Require;
using finalize_test::Say;

// For signal handlers.
void SaySafely(const char* text, int number) {
  char line[64];
  size_t size = strlen(text);
  memcpy(line, text, size);
  line[size++] = ' ';
  if (number < 0) line[size++] = '-';
  const unsigned digits = number < 0 ? -number : number;
  if (digits >= 10) line[size++] = static_cast<char>('0' + digits / 10 % 10);
  line[size++] = static_cast<char>('0' + digits % 10);
  line[size++] = '\n';
  if (write(STDOUT_FILENO, line, size) < 0) _exit(99);
}

void SayHandled(const finalize::Crash& crash) {
  SaySafely("callback", crash.signal);
}

void OwnHandler(int signal, siginfo_t* info, void* context) {
  SaySafely("own handler", signal);
  SaySafely("code", info->si_code);
  if (info->si_code == SEGV_MAPERR && signal == SIGSEGV) {
    SaySafely("address", static_cast<int>(
                             reinterpret_cast<uintptr_t>(info->si_addr) % 100));
  }
  const auto* frame = static_cast<ucontext_t*>(context);
  sigset_t mask;
  sigprocmask(SIG_SETMASK, nullptr, &mask);
  SaySafely("masked", sigismember(&mask, SIGUSR1));
  SaySafely("before", sigismember(&frame->uc_sigmask, signal));
  _exit(7);
}

void HandleBefore(std::string_view before) {
  if (before == "absl") {
    absl::InstallFailureSignalHandler(absl::FailureSignalHandlerOptions());
  } else if (before == "own") {
    struct sigaction action = {};
    action.sa_sigaction = &OwnHandler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaddset(&action.sa_mask, SIGUSR1);
    for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
      sigaction(signal, &action, nullptr);
    }
  }
}

void Install() {
  finalize::ExitHooks hooks;
  hooks.crash = true;
  hooks.crash_handlers_never_return = true;
  hooks.crash_limit = absl::Minutes(1);  // two seconds are short at load
  Require(finalize::AddCrashCallback(&SayHandled), "no room");
  Require(finalize::InstallExitHooks(hooks).ok(), "no hooks");
}

}  // namespace

int main(int argc, char** argv) {
  Require(argc == 4, "arguments");
  absl::InitializeSymbolizer(argv[0]);
  // A core, where cores are written, is in a directory of the test's.
  const rlimit cores = {64 << 20, 64 << 20};
  setrlimit(RLIMIT_CORE, &cores);
  Require(chdir(getenv("TMPDIR")) == 0, "no directory");
  finalize::AtExit([] { Say("drained"); });
  HandleBefore(argv[3]);
  if (std::string_view(argv[2]) == "with") Install();
  auto dir = tempdir::TempDir::Create();
  auto beside =
      tempdir::TempDir::Create(tempdir::TempDirOptions().set_direct());
  Require(dir.ok() && beside.ok(), "no temp dirs");
  for (const auto* made : {&*dir, &*beside}) {
    const int sub =
        finalize_test::MakeDirectory(AT_FDCWD, (made->path() / "sub").c_str());
    Require(finalize_test::MakeTree(sub, 2, 3, 2), "no content");
    close(sub);
  }
  finalize_test::CrashBy(argv[1]);
  return 97;
}
