// SPDX-License-Identifier: Apache-2.0

// A process whose threads have an alternate stack for signals, or sleep in a
// read() when one comes.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/latch.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"

namespace {

using finalize::AtExit;
using finalize::ExitHooks;
using finalize_test::AwaitBlocked;
using finalize_test::AwaitInput;
using finalize_test::ExpectSignals;
using finalize_test::Latch;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::SendToThread;
using finalize_test::ThisThread;

void Install(const ExitHooks& hooks) {
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
}

ExitHooks NamingTerm() {
  ExitHooks hooks;
  hooks.signals = {SIGTERM};
  return hooks;
}

void HandleTerm(void (*handler)(int), int flags) {
  struct sigaction own = {};
  own.sa_handler = handler;
  own.sa_flags = flags;
  Require(sigaction(SIGTERM, &own, nullptr) == 0, "sigaction");
}

alignas(64) char alternate[256 * 1024];
constexpr char kUntouched = 0x5a;

void UseAlternateStack() {
  memset(alternate, kUntouched, sizeof(alternate));
  stack_t stack = {};
  stack.ss_sp = alternate;
  stack.ss_size = sizeof(alternate);
  Require(sigaltstack(&stack, nullptr) == 0, "sigaltstack");
}

bool IsTouched() {
  return std::any_of(std::begin(alternate), std::end(alternate),
                     [](char c) { return c != kUntouched; });
}

void SayStack(int) {
  const char* const frame =
      static_cast<const char*>(__builtin_frame_address(0));
  Say(frame >= alternate && frame < alternate + sizeof(alternate)
          ? "on the alternate stack"
          : "on the stack of the thread");
}

void HandlerWith(int flags) {
  UseAlternateStack();
  HandleTerm(SayStack, flags);
  AtExit(Says{"drained"});
  Install(NamingTerm());
  raise(SIGTERM);
  for (;;) AwaitInput();
}
void OnAlternateStack() { HandlerWith(SA_ONSTACK); }
void OnStackOfThread() { HandlerWith(0); }

// Where the program has no handler.
void OwnOnAlternateStack() {
  UseAlternateStack();
  ExitHooks hooks;
  hooks.shutdown_descriptor = true;  // so that it lives on
  Install(hooks);
  Require(!IsTouched(), "touched before");
  raise(SIGTERM);
  Say(IsTouched() ? "on the alternate stack" : "on the stack of the thread");
}

// The signal comes to a thread in read(). The drain, which comes after the
// handler, writes what is to be read.
void InRead(const ExitHooks& hooks) {
  static int ends[2];
  static std::atomic<pid_t> reader{0};
  static Latch& told = *new Latch;
  Require(pipe(ends) == 0, "pipe");
  std::thread([] {
    ExpectSignals();
    reader = ThisThread();
    char byte;
    const ssize_t size = read(ends[0], &byte, 1);
    Say(size == 1 ? "read" : size < 0 && errno == EINTR ? "EINTR" : "wrong");
    told.CountDown();
    for (;;) AwaitInput();
  }).detach();
  AtExit([] {
    Require(write(ends[1], "x", 1) == 1, "write");
    told.Wait();
    Say("drained");
  });
  Install(hooks);
  AwaitBlocked(reader, SYS_read);
  SendToThread(reader, SIGTERM);
  for (;;) AwaitInput();
}

void SayHandled(int) { Say("handled"); }
void RestartsRead() {
  HandleTerm(SayHandled, SA_RESTART);
  InRead(NamingTerm());
}
void InterruptsRead() {
  HandleTerm(SayHandled, 0);
  InRead(NamingTerm());
}
void OwnRestartsRead() { InRead({}); }

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"on-alternate-stack", OnAlternateStack},
       {"on-stack-of-thread", OnStackOfThread},
       {"own-on-alternate-stack", OwnOnAlternateStack},
       {"restarts-read", RestartsRead},
       {"interrupts-read", InterruptsRead},
       {"own-restarts-read", OwnRestartsRead}});
}
