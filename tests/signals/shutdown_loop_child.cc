// SPDX-License-Identifier: Apache-2.0

// A service with a shutdown loop of its own.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/registry.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize::Registry;
using finalize_test::AwaitInput;
using finalize_test::Forked;
using finalize_test::Say;
using finalize_test::Says;

void Install(const ExitHooks& hooks) {
  if (!finalize::InstallExitHooks(hooks).ok()) _exit(95);
}

void SayCause(const Cause& cause) {
  Say(std::string(cause.ToString()) + " " + std::to_string(cause.signal));
}

bool IsReadable(int descriptor, int timeout = 0) {
  pollfd polled = {descriptor, POLLIN, 0};
  return poll(&polled, 1, timeout) > 0;
}

void Callback() {
  static std::atomic<int> told{0};
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.on_signal = [](int signal) {
    Say("told " + std::to_string(signal));
    told = signal;
  };
  Install(hooks);
  Say("ready");
  while (told == 0) sched_yield();
  Say("work is done");
  finalize::EndBySignal(told);
}

void EndsInCallback() {
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.on_signal = [](int signal) {
    Say("told");
    finalize::EndBySignal(signal);
  };
  Install(hooks);
  Say("ready");
  for (;;) AwaitInput();
}

void CallbackThrows() {
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.on_signal = [](int) { throw 42; };
  Install(hooks);
  Say("ready");
  for (;;) AwaitInput();
}

void CallbackExits() {
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.on_signal = [](int) { std::exit(3); };
  Install(hooks);
  Say("ready");
  for (;;) AwaitInput();
}

void Descriptor() {
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.shutdown_descriptor = true;
  Install(hooks);
  const int descriptor = finalize::ShutdownDescriptor();
  if (fcntl(descriptor, F_GETFD) != FD_CLOEXEC) Say("not close-on-exec");
  if (IsReadable(descriptor)) Say("readable too early");
  Say(finalize::ShutdownSignal() == 0 ? "no signal" : "a signal");
  Say("ready");
  while (!IsReadable(descriptor, -1)) {
  }
  Say("readable, after " + std::to_string(finalize::ShutdownSignal()));
  finalize::EndBySignal(finalize::ShutdownSignal());
}

// What the service drains by itself is in a report of its own.
void OwnDrain() {
  AtExit([](const Cause& cause) {
    SayCause(cause);
    throw 42;
  });
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.shutdown_descriptor = true;
  Install(hooks);
  raise(SIGINT);
  while (!IsReadable(finalize::ShutdownDescriptor(), -1)) {
  }
  const int signal = finalize::ShutdownSignal();
  finalize::DrainOptions options;
  options.cause = Cause(Cause::Kind::kSignal, signal);
  options.deadline = absl::Now() + absl::Seconds(5);
  const finalize::Report report = Registry::Process().Drain(options);
  Say(std::to_string(report.ran) + " ran, " + std::to_string(report.failed) +
      " failed");
  AtExit(Says{"registered since"});
  finalize::EndBySignal(signal);
}

void SecondSignal() {
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.on_signal = [](int) { Say("told"); };
  hooks.repeat_grace = absl::ZeroDuration();
  Install(hooks);
  Say("ready");
  for (;;) AwaitInput();
}

void WithoutHooks() {
  std::atexit([] { Say("exit handler"); });
  AtExit(SayCause);
  finalize::EndBySignal(SIGTERM);
}

void InCallback() {
  AtExit(SayCause);
  AtExit([] { finalize::EndBySignal(SIGHUP); });
  AtExit(Says{"third"});
  std::exit(3);
}

void NoSuchSignal() { finalize::EndBySignal(SIGKILL); }

// A child is sent the signal: its parent's descriptor says nothing.
void Child() {
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.shutdown_descriptor = true;
  Install(hooks);
  const pid_t child = Forked(fork());
  if (child == 0) {
    if (finalize::ShutdownDescriptor() != -1) _exit(96);
    raise(SIGTERM);
    _exit(96);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Say("child ended by " + std::to_string(WTERMSIG(status)));
  Say(IsReadable(finalize::ShutdownDescriptor()) ? "readable" : "silent");
}

// It has one of its own if it asks for it.
void ChildWithDescriptor() {
  ExitHooks hooks;
  hooks.shutdown_descriptor = true;
  Install(hooks);
  const int of_parent = finalize::ShutdownDescriptor();
  const pid_t child = Forked(fork());
  if (child == 0) {
    Install(hooks);
    raise(SIGTERM);
    while (!IsReadable(finalize::ShutdownDescriptor(), -1)) {
    }
    Say("readable in the child");
    finalize::EndBySignal(finalize::ShutdownSignal());
  }
  int status = 0;
  waitpid(child, &status, 0);
  Say("child ended by " + std::to_string(WTERMSIG(status)));
  Say(IsReadable(of_parent) ? "readable" : "silent");
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"callback", Callback},
       {"ends-in-callback", EndsInCallback},
       {"callback-throws", CallbackThrows},
       {"callback-exits", CallbackExits},
       {"descriptor", Descriptor},
       {"own-drain", OwnDrain},
       {"second-signal", SecondSignal},
       {"without-hooks", WithoutHooks},
       {"in-callback", InCallback},
       {"no-such-signal", NoSuchSignal},
       {"child", Child},
       {"child-with-descriptor", ChildWithDescriptor}});
}
