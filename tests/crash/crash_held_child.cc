// SPDX-License-Identifier: Apache-2.0

// Processes that crash while other threads, or the crash itself, make temp
// dirs.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/crash_callback.h"
#include "finalize/exit_hooks.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir.h"
#include "tests/crash/crash_scene.h"
#include "tests/crash/crash_ways.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"

namespace {

using finalize::Crash;
using finalize_test::AddCallback;
using finalize_test::CrashBy;
using finalize_test::MakeDir;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::SaySafely;
using tempdir::TempDir;

// Time enough for whatever is waited for in vain.
void Install() {
  finalize::ExitHooks hooks = finalize_test::CrashHooks();
  hooks.crash_limit = absl::Minutes(1);
  finalize_test::Install(hooks);
}

void SayWhatCreateGives() {
  const absl::Status status = TempDir::Create().status();
  Say(absl::IsCancelled(status) ? "cancelled" : status.ToString());
}

void HandleBefore(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigaction(SIGSEGV, &action, nullptr);
}

// One whose root is removed with it.
tempdir::TempDirOptions AloneInItsRoot() {
  return tempdir::TempDirOptions().set_parent(getenv("TMPDIR"));
}

// mkdirat() of the C library, but that it may crash when it is done.
std::atomic<int> crash_in_mkdir{0};

void CreateInCallback() {
  Install();
  TempDir& dir = MakeDir();
  static TempDir* const made = &dir;
  AddCallback([](const Crash&) {
    SayWhatCreateGives();
    const absl::Status removed = made->Remove();
    Say(absl::IsCancelled(removed) ? "cancelled" : removed.ToString());
    const absl::Status reaped = tempdir::Reap().status();
    Say(absl::IsCancelled(reaped) ? "cancelled" : reaped.ToString());
  });
  CrashBy("segv");
}

void CreateInEarlierHandler() {
  HandleBefore([](int signal) {
    SayWhatCreateGives();
    ::signal(signal, SIG_DFL);
  });
  Install();
  MakeDir();
  CrashBy("segv");
}

// Whatever is held at that moment, and although this thread is inside.
void CrashInCreate() {
  Install();
  MakeDir();
  crash_in_mkdir = 1;
  TempDir::Create().IgnoreError();
}

// The second crashes there as well, and is not waited for by the first.
void CrashesInCreate() {
  Install();
  MakeDir();
  crash_in_mkdir = 2;
  std::thread([] { TempDir::Create().IgnoreError(); }).detach();
  TempDir::Create().IgnoreError();
}

// --- a thread that is held while a callback runs ---

std::atomic<pid_t> held{0};
std::atomic<pthread_t> held_thread{};
std::atomic<bool> gate_is_shut{false};

// Does `use` on another thread, from the moment that a callback runs.
void StartHeld(std::function<void()> use) {
  std::thread([use] {
    held_thread = pthread_self();
    held = static_cast<pid_t>(syscall(SYS_gettid));
    while (!gate_is_shut) sched_yield();
    use();
    SaySafely("not held\n");
    held = -1;
    for (;;) pause();
  }).detach();
  while (held == 0) sched_yield();
}

// Without memory, for a handler.
bool SleepsOnAFutex(pid_t thread) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/syscall", thread);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  char text[64] = {};
  const bool known = file >= 0 && read(file, text, sizeof text - 1) > 0;
  close(file);
  return known && atol(text) == SYS_futex && text[0] != 'r';
}

void AwaitHeld() {
  gate_is_shut = true;
  while (held > 0 && !SleepsOnAFutex(held)) sched_yield();
}

void CrashWhileHeld(const std::function<void()>& use) {
  StartHeld(use);
  AddCallback([](const Crash&) { AwaitHeld(); });
  CrashBy("segv");
}

void HoldsCreate() {
  Install();
  CrashWhileHeld([] { TempDir::Create().IgnoreError(); });
}

void HoldsRemove() {
  Install();
  TempDir& dir = MakeDir();
  CrashWhileHeld([&dir] { dir.Remove().IgnoreError(); });
}

void HoldsDestructor() {
  Install();
  TempDir& dir = MakeDir();
  CrashWhileHeld([&dir] { delete &dir; });
}

void HoldsReap() {
  Install();
  CrashWhileHeld([] { tempdir::Reap().IgnoreError(); });
}

void SecondCrash() {
  Install();
  MakeDir();
  StartHeld([] { TempDir::Create().IgnoreError(); });
  AddCallback([](const Crash&) {
    AwaitHeld();
    SaySafely("callback\n");
    pthread_kill(held_thread, SIGSEGV);
  });
  CrashBy("segv");
}

// A child that is forked, and one by vfork, while the gate is shut.
void Children() {
  Install();
  MakeDir();
  StartHeld([] {
    const pid_t forked = finalize_test::Forked(fork());
    if (forked == 0) {
      const bool made = TempDir::Create(AloneInItsRoot()).ok();
      Say(made ? "made in the child" : "not made");
      _exit(0);
    }
    int status = 0;
    waitpid(forked, &status, 0);
    const pid_t vforked = finalize_test::Forked(vfork());
    if (vforked == 0) {
      execl("/bin/true", "true", nullptr);
      _exit(1);
    }
    waitpid(vforked, &status, 0);
    Say(status == 0 ? "executed" : "not executed");
  });
  AddCallback([](const Crash&) {
    gate_is_shut = true;
    while (held > 0) sched_yield();
  });
  CrashBy("segv");
}

// The crash of a vforked child leaves its parent's gate open.
void VforkedCrash() {
  Install();
  const pid_t child = finalize_test::Forked(vfork());
  if (child == 0) {
    finalize_test::SendToThread(getpid(), SIGSEGV);
    _exit(1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Say(TempDir::Create().ok() ? "made" : "not made");
}

// Threads that are held inside the run of a finalizer do not keep the exit of a
// handler.
void HandlerExits() {
  HandleBefore([](int) { std::exit(3); });
  Install();
  TempDir& dir = MakeDir();
  StartHeld([&dir] { dir.Remove().IgnoreError(); });
  AddCallback([](const Crash&) { AwaitHeld(); });
  CrashBy("segv");
}

}  // namespace

extern "C" int mkdirat(int directory, const char* name, mode_t mode) noexcept {
  const long result = syscall(SYS_mkdirat, directory, name, mode);
  if (crash_in_mkdir > 0 && result == 0) {
    if (--crash_in_mkdir > 0) {
      while (crash_in_mkdir > 0) sched_yield();
    }
    CrashBy("segv");
  }
  return static_cast<int>(result);
}

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"create-in-callback", CreateInCallback},
       {"create-in-earlier-handler", CreateInEarlierHandler},
       {"crash-in-create", CrashInCreate},
       {"crashes-in-create", CrashesInCreate},
       {"holds-create", HoldsCreate},
       {"holds-remove", HoldsRemove},
       {"holds-destructor", HoldsDestructor},
       {"holds-reap", HoldsReap},
       {"second-crash", SecondCrash},
       {"children", Children},
       {"vforked-crash", VforkedCrash},
       {"handler-exits", HandlerExits}});
}
