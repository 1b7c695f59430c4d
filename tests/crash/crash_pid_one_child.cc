// SPDX-License-Identifier: Apache-2.0

// Crashes of PID 1, as in a container: crash_pid_one_child BEFORE WAY says how
// it ended. Needs root.
//
//   BEFORE  what handles crashes before the hooks: "default", "returns" (a
//           handler that ends nothing as PID 1), or "exits"
//   WAY     how (crash_ways.h); or "send", which sends it SIGSEGV and SIGABRT
//           in each way there is; "transient", a fault that does not come
//           again; "hangs", a callback that does not return; "hangs-blocked",
//           one that blocks all signals before
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "absl/time/time.h"
#include "finalize/crash_callback.h"
#include "finalize/exit_hooks.h"
#include "tempdir/temp_dir.h"
#include "tests/crash/crash_scene.h"
#include "tests/crash/crash_ways.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"

namespace {

using finalize::Crash;
using finalize_test::AddCallback;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::SaySafely;

void HandleBefore(std::string_view before) {
  if (before == "default") return;
  struct sigaction action = {};
  action.sa_handler = [](int) { SaySafely("own handler\n"); };
  if (before == "exits") action.sa_handler = [](int) { _exit(7); };
  for (const int signal : {SIGSEGV, SIGABRT}) {
    sigaction(signal, &action, nullptr);
  }
}

// In each way there is, to a process that is PID 1.
void SendAll() {
  raise(SIGSEGV);
  raise(SIGBUS);
  finalize_test::SendSignal(getpid(), SIGSEGV);
  finalize_test::SendSignal(getpid(), SIGABRT);
  finalize_test::QueueSignal(getpid(), SIGABRT);
  std::thread([] { raise(SIGSEGV); }).join();
}

void* page = nullptr;

// The instruction that faults is made again, and does not fault.
void FaultOnce() {
  page = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  AddCallback([](const Crash&) { mprotect(page, 4096, PROT_WRITE); });
  *static_cast<volatile char*>(page) = 1;
}

void Hang(const Crash&) {
  SaySafely("hangs\n");
  for (;;) pause();
}

void HangBlocked(const Crash& crash) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  Hang(crash);
}

[[noreturn]] void BeOne(std::string_view before, const char* way) {
  Require(getpid() == 1, "not PID 1");
  HandleBefore(before);
  const bool hangs = std::string_view(way).substr(0, 5) == "hangs";
  finalize::ExitHooks hooks = finalize_test::CrashHooks();
  if (hangs) hooks.crash_limit = absl::Seconds(1);
  finalize_test::Install(hooks);
  // Its root is removed with it.
  tempdir::TempDir& dir = finalize_test::MakeDir(
      tempdir::TempDirOptions().set_parent(getenv("TMPDIR")));
  if (std::string_view(way) == "send") {
    SendAll();
  } else if (std::string_view(way) == "transient") {
    FaultOnce();
    // The end comes at any moment from here on.
    for (;;) pause();
  } else if (hangs) {
    // The newest callback, so that the limit has not passed before it is
    // called.
    AddCallback(std::string_view(way) == "hangs" ? &Hang : &HangBlocked);
    finalize_test::CrashBy("segv");
  } else {
    finalize_test::CrashBy(way);
  }
  const bool there = access((dir.path() / "m00000").c_str(), F_OK) == 0;
  Say(there ? "lives on" : "lives on without its directory");
  Require(dir.Remove().ok(), "not removed");
  _exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  Require(argc == 3, "arguments");
  Require(unshare(CLONE_NEWPID) == 0, "no namespace");
  const pid_t one = finalize_test::Forked(fork());
  if (one == 0) BeOne(argv[1], argv[2]);
  int status = 0;
  Require(waitpid(one, &status, 0) == one, "not ended");
  Say(WIFEXITED(status) ? "exited with " + std::to_string(WEXITSTATUS(status))
                        : "ended by " + std::to_string(WTERMSIG(status)));
  _exit(0);  // the search for leaks needs the PID namespace of the process
}
