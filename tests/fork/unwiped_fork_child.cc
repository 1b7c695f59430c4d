// SPDX-License-Identifier: Apache-2.0

// A process whose kernel wipes no page in its children, if the second argument
// asks for it: "swallows" (madvise() does nothing, and says that it did),
// "refuses" (it fails), or "wipes" (as usual). Needs root.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tests/support/forked.h"
#include "tests/support/refused_calls.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Finalizer;
using finalize_test::Forked;
using finalize_test::RefuseCalls;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;

void BeSuchAKernel(std::string_view kernel) {
  if (kernel == "wipes") return;
  const int error = kernel == "swallows" ? 0 : EINVAL;
  Require(RefuseCalls({SYS_madvise}, error).empty(), "a filter");
  const int expected = kernel == "swallows" ? 0 : -1;
  Require(madvise(nullptr, 1, 0x7fffff) == expected, "madvise");
}

// As glibc's fork() without its hooks.
pid_t RawFork(int flags) {
  return Forked(static_cast<pid_t>(
      syscall(SYS_clone, SIGCHLD | flags, nullptr, nullptr, nullptr, nullptr)));
}

void AwaitChild(pid_t child) {
  int status = 0;
  Require(waitpid(child, &status, 0) == child, "waitpid");
  Require(WIFEXITED(status), "an exit");
  Say("child exited with " + std::to_string(WEXITSTATUS(status)));
}

// Its child has none of its finalizers, and then one of its own.
void ForkWith(int flags) {
  Finalizer<> handle = AtExit(Says{"inherited"});
  const pid_t child = RawFork(flags);
  if (child == 0) {
    Require(!handle.alive(), "not alive");
    Require(!handle.Run(), "no run");
    AtExit(Says{"of the child"});
    std::exit(5);
  }
  AwaitChild(child);
  Require(handle.alive(), "alive in the parent");
}
void Registers() { ForkWith(0); }

// Its child does nothing with the library at all.
void Idle() {
  AtExit(Says{"inherited"});
  const pid_t child = RawFork(0);
  if (child == 0) std::exit(5);
  AwaitChild(child);
}

// The child of a child that fork() has made.
void Grandchild() {
  AtExit(Says{"inherited"});
  const pid_t child = Forked(fork());
  if (child == 0) {
    ForkWith(0);
    std::exit(4);
  }
  AwaitChild(child);
}

template <class Dir>
void Directory() {
  static std::optional<Dir> directory(std::move(*Dir::Create()));
  const std::string path = directory->path().string();
  const pid_t child = RawFork(0);
  if (child == 0) std::exit(5);
  AwaitChild(child);
  Say(access(path.c_str(), F_OK) == 0 ? "there" : "gone");
}

// A signal ends the child as if there were no exit hooks.
void Signal() {
  AtExit(Says{"inherited"});
  Require(finalize::InstallExitHooks().ok(), "InstallExitHooks");
  const pid_t child = RawFork(0);
  if (child == 0) {
    raise(SIGTERM);
    _exit(96);
  }
  int status = 0;
  Require(waitpid(child, &status, 0) == child, "waitpid");
  Say("child ended by " + std::to_string(WTERMSIG(status)));
}

// PID 1 clones a child that is PID 1 as well, before a clock tick has gone.
void PidOne() {
  Require(unshare(CLONE_NEWPID) == 0, "unshare");
  const pid_t one = Forked(fork());
  if (one == 0) {
    Require(getpid() == 1, "PID 1");
    ForkWith(CLONE_NEWPID);
    std::exit(0);
  }
  AwaitChild(one);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  BeSuchAKernel(argv[2]);
  return finalize_test::RunScenario(
      2, argv,
      {{"registers", Registers},
       {"idle", Idle},
       {"grandchild", Grandchild},
       {"destructor-style", Directory<tempdir::DestructorTempDir>},
       {"finalizer-style", Directory<tempdir::FinalizerTempDir>},
       {"signal", Signal},
       {"pid-one", PidOne}});
}
