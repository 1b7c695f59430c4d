// SPDX-License-Identifier: Apache-2.0

// Processes that crash in ways that are hard on the handler of the crash.
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "finalize/crash_callback.h"
#include "finalize/exit_hooks.h"
#include "tempdir/temp_dir.h"
#include "tests/crash/crash_scene.h"
#include "tests/crash/crash_ways.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"
#include "tests/support/tree_shapes.h"

namespace {

using finalize::Crash;
using finalize::ExitHooks;
using finalize_test::AddCallback;
using finalize_test::AwaitInput;
using finalize_test::CrashBy;
using finalize_test::CrashHooks;
using finalize_test::Forked;
using finalize_test::Install;
using finalize_test::Latch;
using finalize_test::MakeDir;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::SaySafely;
using finalize_test::SendSignal;
using finalize_test::SendToThread;
using finalize_test::ShortLimit;
using tempdir::TempDir;

// The handler before says at which address the crash was, then dies by it.
void SayAddress(int signal, siginfo_t* info, void*) {
  SaySafely("own handler ");
  if (info->si_addr == reinterpret_cast<void*>(64)) SaySafely("at 64");
  SaySafely("\n");
  ::signal(signal, SIG_DFL);
}
void HandleBefore(void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, nullptr);
}

void CallbackCrashes() {
  HandleBefore(&SayAddress);
  Install();
  MakeDir();
  AddCallback([](const Crash&) {
    SaySafely("callback\n");
    CrashBy("bus");
  });
  CrashBy("segv");
}

void CallbackAborts() {
  HandleBefore(&SayAddress);
  Install();
  AddCallback([](const Crash&) { std::abort(); });
  CrashBy("segv");
}

// The thread that crashes has blocked all signals but `open`.
void CrashBehindAMask(int open) {
  struct sigaction action = {};
  action.sa_handler = [](int signal) {
    SaySafely("own handler\n");
    ::signal(signal, SIG_DFL);
  };
  sigaction(SIGABRT, &action, nullptr);
  Install();
  AddCallback([](const Crash&) {
    SaySafely("callback\n");
    CrashBy("segv");
  });
  sigset_t all;
  sigfillset(&all);
  if (open != 0) sigdelset(&all, open);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::abort();
}
void CallbackCrashesBehindAMask() { CrashBehindAMask(SIGABRT); }
void CallbackCrashesBehindAFullMask() { CrashBehindAMask(0); }

void CallbackHangs() {
  HandleBefore(&SayAddress);
  ShortLimit();
  AddCallback([](const Crash&) {
    SaySafely("hangs\n");
    for (volatile bool for_ever = true; for_ever;) {
    }
  });
  CrashBy("segv");
}

void CallbackSleeps() {
  HandleBefore(&SayAddress);
  ShortLimit();
  AddCallback([](const Crash&) {
    SaySafely("sleeps\n");
    for (;;) pause();
  });
  CrashBy("segv");
}

// No signal but SIGKILL ends the wait for the child of a vfork.
void Stick(const Crash&) {
  SaySafely("sticks\n");
  if (Forked(vfork()) != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int fd = 0; fd < 3; ++fd) syscall(SYS_close, fd);
  for (;;) syscall(SYS_pause);
}

void CallbackSticks() {
  HandleBefore(&SayAddress);
  ShortLimit();
  AddCallback(&Stick);
  std::thread([] { CrashBy("segv"); }).detach();
  for (;;) AwaitInput();
}

void CallbackSticksAlone() {
  ExitHooks hooks = CrashHooks();
  hooks.crash_limit = absl::Milliseconds(20);
  hooks.usual_signals = false;
  Install(hooks);
  AddCallback(&Stick);
  CrashBy("segv");
}

std::atomic<int> crashing{0};
void SayOnce(const Crash&) {
  while (crashing < 8) sched_yield();
  SaySafely("callback\n");
}

void AllThreadsCrash() {
  Install();
  MakeDir();
  AddCallback(&SayOnce);
  Latch ready(8);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&ready, i] {
      ready.Arrive();
      ++crashing;
      CrashBy(i % 2 == 0 ? "segv" : "abort");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void OverflowOfThread() {
  Install();
  MakeDir();
  std::thread([] {
    Require(finalize::AddCrashStack(), "no stack");
    Require(finalize::AddCrashStack(), "no second call");
    CrashBy("overflow");
  }).join();
}

// `run` is what a thread with a stack of this size does.
void CrashOnStack(size_t size, void* (*run)(void*)) {
  Install();
  MakeDir();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  Require(pthread_attr_setstacksize(&attributes, size) == 0, "stack");
  pthread_t thread;
  Require(pthread_create(&thread, &attributes, run, nullptr) == 0, "thread");
  pthread_join(thread, nullptr);
}

void TinyStack() {
  CrashOnStack(64 << 10, [](void*) -> void* {
    CrashBy("segv");
    return nullptr;
  });
}

// The smallest that there is.
void SmallestStack() {
  CrashOnStack(PTHREAD_STACK_MIN, [](void*) -> void* {
    CrashBy("segv");
    return nullptr;
  });
}

void SmallestStackWithAnother() {
  CrashOnStack(PTHREAD_STACK_MIN, [](void*) -> void* {
    Require(finalize::AddCrashStack(), "no stack");
    CrashBy("overflow");
    return nullptr;
  });
}

// A program that recovers: nothing of its is touched. It makes the page
// writable.
void* page;
void Recover(int, siginfo_t*, void*) {
  SaySafely("own handler\n");
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

void Recovers() {
  page = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  HandleBefore(&Recover);
  ExitHooks hooks = CrashHooks();
  hooks.crash_handlers_never_return = false;
  Install(hooks);
  TempDir& dir = MakeDir();
  AddCallback([](const Crash&) { SaySafely("callback\n"); });
  *static_cast<volatile char*>(page) = 1;
  Require(access((dir.path() / "m00000").c_str(), F_OK) == 0, "dir is gone");
  Say("recovered");
  CrashBy("abort");
}

void Ignored() {
  ::signal(SIGFPE, SIG_IGN);
  Install();
  AddCallback([](const Crash&) { SaySafely("callback\n"); });
  raise(SIGFPE);
  Say("ignored");
  CrashBy("abort");
}

// What the program installs later is its choice, and may call ours.
struct sigaction ours;
void CallOurs(int signal, siginfo_t* info, void* context) {
  SaySafely("later handler\n");
  ours.sa_sigaction(signal, info, context);
}
void LaterHandler() {
  Install();
  MakeDir();
  sigaction(SIGSEGV, nullptr, &ours);
  HandleBefore(&CallOurs);
  Install();
  AddCallback([](const Crash&) { SaySafely("callback\n"); });
  CrashBy("segv");
}

void InstalledTwice() {
  HandleBefore(&SayAddress);
  Install();
  Install();
  AddCallback([](const Crash&) { SaySafely("callback\n"); });
  CrashBy("segv");
}

int SignalOf(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WTERMSIG(status);
}

// Neither by fork nor by vfork does a child get the hooks.
void ChildrenCrash() {
  Install();
  TempDir& dir = MakeDir();
  AddCallback([](const Crash&) { SaySafely("callback\n"); });
  pid_t child = Forked(fork());
  if (child == 0) CrashBy("segv");
  Say("forked: " + std::to_string(SignalOf(child)));
  child = Forked(vfork());
  if (child == 0) {
    SendToThread(getpid(), SIGSEGV);
    _exit(1);
  }
  Say("vforked: " + std::to_string(SignalOf(child)));
  Require(access((dir.path() / "m00000").c_str(), F_OK) == 0, "dir is gone");
  CrashBy("abort");
}

// One that installs them itself loses what is its own.
void ChildWithHooks() {
  Install();
  TempDir& dir = MakeDir();
  const pid_t child = Forked(fork());
  if (child == 0) {
    Install();
    TempDir& own = MakeDir();
    Say("own root: " +
        std::string(own.path().parent_path() == dir.path().parent_path()
                        ? "no"
                        : "yes"));
    CrashBy("segv");
  }
  Say("forked: " + std::to_string(SignalOf(child)));
  Require(access((dir.path() / "m00000").c_str(), F_OK) == 0, "dir is gone");
  CrashBy("abort");
}

// As PID 1 of a namespace, which no signal ends that is sent.
void AsPidOne(const char* way) {
  Require(unshare(CLONE_NEWPID) == 0, "no namespace");
  const pid_t child = Forked(fork());
  if (child == 0) {
    Install();
    TempDir& dir = MakeDir();
    raise(SIGSEGV);
    SendSignal(getpid(), SIGABRT);
    Require(access((dir.path() / "m00000").c_str(), F_OK) == 0, "dir is gone");
    Say("lives on");
    CrashBy(way);
  }
  Say("PID 1: " + std::to_string(SignalOf(child)));
  _exit(0);  // the search for leaks needs the PID namespace of the process
}
void PidOneFaults() { AsPidOne("segv"); }

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"callback-crashes", CallbackCrashes},
       {"callback-aborts", CallbackAborts},
       {"callback-crashes-behind-a-mask", CallbackCrashesBehindAMask},
       {"callback-crashes-behind-a-full-mask", CallbackCrashesBehindAFullMask},
       {"callback-hangs", CallbackHangs},
       {"callback-sleeps", CallbackSleeps},
       {"callback-sticks", CallbackSticks},
       {"callback-sticks-alone", CallbackSticksAlone},
       {"all-threads-crash", AllThreadsCrash},
       {"overflow-of-thread", OverflowOfThread},
       {"tiny-stack", TinyStack},
       {"smallest-stack", SmallestStack},
       {"smallest-stack-with-another", SmallestStackWithAnother},
       {"recovers", Recovers},
       {"ignored", Ignored},
       {"later-handler", LaterHandler},
       {"installed-twice", InstalledTwice},
       {"children-crash", ChildrenCrash},
       {"child-with-hooks", ChildWithHooks},
       {"pid-one-faults", PidOneFaults}});
}
