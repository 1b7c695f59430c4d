// A process that finds no memory, or no more keys and handlers of the C
// library, when it asks for what is to run at its end. It is linked with
// --wrap=atexit.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/failure_reporter.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/thread_exit.h"
#include "tests/scenario.h"

namespace {
bool no_exit_handlers = false;
// How many allocations of this thread succeed before one fails. Negative: all.
thread_local int allowed = -1;
}  // namespace

extern "C" int __real_atexit(void (*)());
extern "C" int __wrap_atexit(void (*function)()) {
  return no_exit_handlers ? -1 : __real_atexit(function);
}

void* operator new(size_t size) {
  if (allowed >= 0 && allowed-- == 0) throw std::bad_alloc();
  void* const memory = malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return allowed >= 0 && allowed-- == 0 ? nullptr : malloc(size);
}
void operator delete(void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }

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

void SayRefusals() {
  finalize::SetFailureReporter([](const finalize::ReportEntry& entry) {
    const bool refused = entry.outcome == finalize::ReportEntry::kRefused;
    Say((refused ? "refused: " : "reported: ") + entry.name);
  });
}

void NoExitHandlers() {
  SayRefusals();
  no_exit_handlers = true;
  Require(!AtExit(Options("at exit"), Says{"never"}).alive(), "AtExit");
  Require(!Registry::Process().TryRegister({}, Says{"never"}).ok(),
          "TryRegister");
  AtExit(Options("now").IfClosed(finalize::IfClosed::kRunNow), Says{"now"});
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
  AtThreadExit(Options("now").IfClosed(finalize::IfClosed::kRunNow),
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

bool TermIsAtDefault() {
  struct sigaction action;
  sigaction(SIGTERM, nullptr, &action);
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

// Each allocation of InstallExitHooks fails in its turn, until it makes no
// more.
void InstallWithout(const ExitHooks& hooks) {
  int failures = 0;
  for (;; ++failures) {
    allowed = failures;
    const absl::Status status = finalize::InstallExitHooks(hooks);
    const bool failed = allowed < 0;
    allowed = -1;
    if (status.ok() && !failed) break;
    if (status.ok()) continue;  // it could do without
    Require(status.code() == absl::StatusCode::kResourceExhausted,
            status.ToString());
    Require(TermIsAtDefault(), "a handler without the rest");
  }
  Require(failures > 0, "allocations");
  Require(!TermIsAtDefault(), "handler");
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
  hooks.descriptor = true;
  hooks.on_signal = TakesMemory();
  InstallWithout(hooks);
  raise(SIGTERM);
  while (finalize::ShutdownSignal() == 0) sched_yield();
  finalize::EndBySignal(finalize::ShutdownSignal());
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"no-exit-handlers", NoExitHandlers},
       {"no-keys", NoKeys},
       {"no-memory-for-hooks", NoMemoryForHooks},
       {"no-memory-for-all-hooks", NoMemoryForAllHooks}});
}
