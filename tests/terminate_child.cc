// A process that ends by std::terminate(), with the exit hooks installed.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/internal/end_state.h"
#include "tests/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize::Options;
using finalize_test::AwaitInput;
using finalize_test::Say;
using finalize_test::Says;

void Install(absl::Duration deadline = absl::Seconds(20)) {
  ExitHooks hooks;
  hooks.quick_exit = true;
  hooks.terminate = true;
  hooks.deadline = deadline;
  if (!finalize::InstallExitHooks(hooks).ok()) _exit(95);
}

void SayCause(const Cause& cause) {
  Say(std::string("first, on ") + cause.ToString());
}

// Opened once, awaited by any number of threads.
std::atomic<bool> gate{false};
void AwaitGate() {
  while (!gate) sched_yield();
}

void AwaitEnd(Cause::Kind kind) {
  while (finalize_internal::CurrentEnd().kind != kind) sched_yield();
}

[[noreturn]] void Hang() {
  Say("hangs");
  for (;;) pause();
}

[[noreturn]] void FailOtherwise() { throw 42; }
[[noreturn]] void Fail() { throw std::runtime_error("what went wrong"); }

// Nobody catches it.
[[noreturn]] void Terminate() noexcept { Fail(); }

void Uncaught() {
  AtExit(SayCause);
  Install();
  Terminate();
}

void WithoutException() {
  AtExit(SayCause);
  Install();
  std::terminate();
}

void TerminateNotAskedFor() {
  AtExit(SayCause);
  if (!finalize::InstallExitHooks().ok()) _exit(95);
  Terminate();
}

void OwnHandler() {
  std::set_terminate([] {
    Say("own handler");
    try {
      std::rethrow_exception(std::current_exception());
    } catch (const std::exception& e) {
      Say(e.what());
    }
    _exit(6);
  });
  AtExit(SayCause);
  Install();
  Install();
  Terminate();
}

void OwnHandlerThrows() {
  std::set_terminate([] {
    Say("own handler");
    throw 2;
  });
  AtExit(SayCause);
  Install();
  Terminate();
}

void TerminateInCallback() {
  AtExit(SayCause);
  AtExit([]() noexcept { FailOtherwise(); });
  AtExit(Says{"third"});
  Install();
  Terminate();
}

void CallbackThrows() {
  AtExit(SayCause);
  AtExit([] { throw 42; });
  Install();
  Terminate();
}

void ExitInTerminate() {
  AtExit(SayCause);
  AtExit([] { std::exit(8); });
  Install();
  Terminate();
}

void TerminateInExitDrain() {
  AtExit(SayCause);
  AtExit([]() noexcept { Fail(); });
  AtExit(Says{"third"});
  Install();
  std::exit(7);
}

// A thread that ends by std::terminate() while another drains.
void TerminateBeside(void (*end)()) {
  AtExit(SayCause);
  AtExit([] {
    gate = true;
    AwaitEnd(Cause::kTerminate);
    Say("asked");
  });
  Install();
  std::thread([] {
    AwaitGate();
    Terminate();
  }).detach();
  end();
}
void TerminateBesideExit() {
  TerminateBeside([] { std::exit(7); });
}
void TerminateBesideSignal() {
  TerminateBeside([] {
    raise(SIGTERM);
    for (;;) AwaitInput();
  });
}

void SignalInTerminate() {
  AtExit(SayCause);
  AtExit([] {
    raise(SIGTERM);
    while (finalize::ShutdownSignal() == 0) sched_yield();
  });
  Install();
  Terminate();
}

void TwoTerminate() {
  static std::atomic<int> ready{0};
  AtExit(SayCause);
  Install();
  const auto terminate = [] {
    ++ready;
    while (ready != 2) {
    }
    Terminate();
  };
  std::thread(terminate).detach();
  terminate();
}

void TerminateHangs() {
  AtExit(Options("hanging one"), Hang);
  Install(absl::Milliseconds(100));
  Terminate();
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"uncaught", Uncaught},
       {"without-exception", WithoutException},
       {"terminate-not-asked-for", TerminateNotAskedFor},
       {"own-handler", OwnHandler},
       {"own-handler-throws", OwnHandlerThrows},
       {"terminate-in-callback", TerminateInCallback},
       {"callback-throws", CallbackThrows},
       {"exit-in-terminate", ExitInTerminate},
       {"terminate-in-exit-drain", TerminateInExitDrain},
       {"terminate-beside-exit", TerminateBesideExit},
       {"terminate-beside-signal", TerminateBesideSignal},
       {"signal-in-terminate", SignalInTerminate},
       {"two-terminate", TwoTerminate},
       {"terminate-hangs", TerminateHangs}});
}
