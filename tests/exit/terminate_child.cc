// SPDX-License-Identifier: Apache-2.0

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
#include "finalize/internal/end/end_state.h"
#include "tests/exit/hooked_scenario.h"
#include "tests/support/scenario.h"
#include "tests/support/test_clock.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize::Options;
using finalize_test::AwaitGate;
using finalize_test::AwaitInput;
using finalize_test::gate;
using finalize_test::Hang;
using finalize_test::InstallHooks;
using finalize_test::PutClockForward;
using finalize_test::Say;
using finalize_test::SayCause;
using finalize_test::Says;

void AwaitEnd(Cause::Kind kind) {
  while (finalize_internal::CurrentEnd().kind != kind) sched_yield();
}

[[noreturn]] void FailOtherwise() { throw 42; }
[[noreturn]] void Fail() { throw std::runtime_error("what went wrong"); }

// Nobody catches it.
[[noreturn]] void Terminate() noexcept { Fail(); }

void Uncaught() {
  AtExit(SayCause);
  InstallHooks();
  Terminate();
}

void WithoutException() {
  AtExit(SayCause);
  InstallHooks();
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
  InstallHooks();
  InstallHooks();
  Terminate();
}

void OwnHandlerThrows() {
  std::set_terminate([] {
    Say("own handler");
    throw 2;
  });
  AtExit(SayCause);
  InstallHooks();
  Terminate();
}

void TerminateInCallback() {
  AtExit(SayCause);
  AtExit([]() noexcept { FailOtherwise(); });
  AtExit(Says{"third"});
  InstallHooks();
  Terminate();
}

void CallbackThrows() {
  AtExit(SayCause);
  AtExit([] { throw 42; });
  InstallHooks();
  Terminate();
}

void ExitInTerminate() {
  AtExit(SayCause);
  AtExit([] { std::exit(8); });
  InstallHooks();
  Terminate();
}

void TerminateInExitDrain() {
  AtExit(SayCause);
  AtExit([]() noexcept { Fail(); });
  AtExit(Says{"third"});
  InstallHooks();
  std::exit(7);
}

// A thread that ends by std::terminate() while another drains.
void TerminateBeside(void (*end)()) {
  AtExit(SayCause);
  AtExit([] {
    gate = true;
    AwaitEnd(Cause::Kind::kTerminate);
    Say("asked");
  });
  InstallHooks();
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
  InstallHooks();
  Terminate();
}

void TwoTerminate() {
  static std::atomic<int> ready{0};
  AtExit(SayCause);
  InstallHooks();
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
  AtExit(Options("hanging one"), [] {
    PutClockForward(absl::Hours(2));
    Hang();
  });
  InstallHooks(absl::Hours(1));
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
