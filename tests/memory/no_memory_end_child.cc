// SPDX-License-Identifier: Apache-2.0

// A process that finds no memory, or no more keys and handlers of the C
// library, when it asks for what is to run at its end. It is linked with
// --wrap=atexit and --wrap=mmap.
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/failure_reporter.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/thread_exit.h"
#include "tests/support/scarce_memory.h"
#include "tests/support/scenario.h"

namespace {
bool no_exit_handlers = false;
bool no_pages = false;
}  // namespace

extern "C" int __real_atexit(void (*)());
extern "C" int __wrap_atexit(void (*function)()) {
  return no_exit_handlers ? -1 : __real_atexit(function);
}

extern "C" void* __real_mmap(void*, size_t, int, int, int, off_t);
extern "C" void* __wrap_mmap(void* address, size_t length, int protection,
                             int flags, int file, off_t offset) {
  if (no_pages) return MAP_FAILED;
  return __real_mmap(address, length, protection, flags, file, offset);
}

namespace {

using finalize::AtExit;
using finalize::AtThreadExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize::Options;
using finalize::Registry;
using finalize_test::AwaitInput;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::ScarceMemory;

void SayRefusals() {
  finalize::SetFailureReporter([](const finalize::ReportEntry& entry) {
    const bool refused =
        entry.outcome == finalize::ReportEntry::Outcome::kRefused;
    Say((refused ? "refused: " : "reported: ") + entry.name);
  });
}

void NoExitHandlers() {
  SayRefusals();
  no_exit_handlers = true;
  Require(!AtExit(Options("at exit"), Says{"never"}).alive(), "AtExit");
  Require(!Registry::Process().TryRegister({}, Says{"never"}).ok(),
          "TryRegister");
  AtExit(Options("now").set_if_closed(finalize::IfClosed::kRunNow),
         Says{"now"});
  Registry other;
  other.Register(Says{"another registry"});
  Require(other.Drain().ran == 1, "Drain");
  Require(Registry::Process().size() == 0, "size");
  no_exit_handlers = false;
  AtExit(Says{"at exit"});
}

std::vector<pthread_key_t> UseUpKeys() {
  std::vector<pthread_key_t> keys;
  for (pthread_key_t key; pthread_key_create(&key, nullptr) == 0;) {
    keys.push_back(key);
  }
  return keys;
}

// Neither main nor another thread; everything else works.
void NoKeys() {
  SayRefusals();
  const std::vector<pthread_key_t> keys = UseUpKeys();
  Require(!keys.empty(), "keys");
  const auto refused = [] {
    Require(!AtThreadExit(Options("thread exit"), Says{"never"}).alive(),
            "AtThreadExit");
  };
  refused();
  std::thread(refused).join();
  AtThreadExit(Options("now").set_if_closed(finalize::IfClosed::kRunNow),
               Says{"now"});
  AtExit(Says{"at exit"});
  pthread_key_delete(keys.back());
  AtThreadExit(Says{"main thread"});
  std::thread([] { AtThreadExit(Says{"thread"}); }).join();
}

// Large enough to be on the heap, in a std::function.
struct TakesMemory {
  void operator()(int) const {}
  char bytes[200] = {};
};

bool IsAtDefault(int signal) {
  struct sigaction action;
  sigaction(signal, nullptr, &action);
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

// Refused, with nothing installed.
void RequireRefused(const absl::Status& status) {
  Require(status.code() == absl::StatusCode::kResourceExhausted,
          status.ToString());
  Require(IsAtDefault(SIGTERM) && IsAtDefault(SIGSEGV),
          "a handler without the rest");
}

// Each allocation of InstallExitHooks fails in its turn, until it makes no
// more.
void InstallWithout(const ExitHooks& hooks) {
  int failures = 0;
  for (;; ++failures) {
    bool sufficed = false;
    const absl::Status status = [&] {
      ScarceMemory scarce(failures, ScarceMemory::kOneFails);
      absl::Status installed = finalize::InstallExitHooks(hooks);
      sufficed = scarce.sufficed();
      return installed;
    }();
    if (status.ok() && sufficed) break;
    if (status.ok()) continue;  // it could do without
    RequireRefused(status);
  }
  Require(failures > 0, "allocations");
  Require(!IsAtDefault(SIGTERM), "handler");
  Require(IsAtDefault(SIGSEGV) != hooks.crash, "handler of crashes");
}

void NoMemoryForHooks() {
  AtExit([](const Cause& cause) { Say(cause.ToString()); });
  InstallWithout({});
  raise(SIGTERM);
  for (;;) AwaitInput();
}

void NoMemoryForAllHooks() {
  AtExit([](const Cause& cause) { Say(cause.ToString()); });
  ExitHooks hooks;
  hooks.signals = {SIGUSR1};
  hooks.quick_exit = true;
  hooks.terminate = true;
  hooks.crash = true;
  hooks.shutdown_descriptor = true;
  hooks.on_signal = TakesMemory();
  InstallWithout(hooks);
  raise(SIGTERM);
  while (finalize::ShutdownSignal() == 0) sched_yield();
  finalize::EndBySignal(finalize::ShutdownSignal());
}

// The stack for crashes is no operator new's.
void NoMemoryForCrashStack() {
  AtExit([](const Cause& cause) { Say(cause.ToString()); });
  stack_t none = {};
  none.ss_flags = SS_DISABLE;  // AddressSanitizer has given it one
  Require(sigaltstack(&none, nullptr) == 0, "sigaltstack");
  ExitHooks hooks;
  hooks.crash = true;
  no_pages = true;
  const absl::Status status = finalize::InstallExitHooks(hooks);
  no_pages = false;
  RequireRefused(status);
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
  Require(!IsAtDefault(SIGSEGV), "handler of crashes");
  raise(SIGTERM);
  for (;;) AwaitInput();
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"no-exit-handlers", NoExitHandlers},
       {"no-keys", NoKeys},
       {"no-memory-for-hooks", NoMemoryForHooks},
       {"no-memory-for-all-hooks", NoMemoryForAllHooks},
       {"no-memory-for-crash-stack", NoMemoryForCrashStack}});
}
