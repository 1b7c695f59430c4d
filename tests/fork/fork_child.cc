// SPDX-License-Identifier: Apache-2.0

// A process that forks. Each process writes to the same output; a parent waits
// for its children, so that the order is fixed where it matters.
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "finalize/at_exit.h"
#include "finalize/exit_in_child.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Finalizer;
using finalize::Options;
using finalize::Registry;
using finalize_test::Forked;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::SaysAtEnd;

const pid_t first_process = getpid();

// Says a word, and whether in the first process or in another.
void SayHere(const std::string& word) {
  Say((getpid() == first_process ? "parent: " : "child: ") + word);
}
struct SaysHere {
  void operator()() const { SayHere(word); }
  const char* word;
};

void Require(bool condition, const char* what) {
  if (condition) return;
  SayHere(std::string("wrong: ") + what);
  _exit(96);
}

// Waits for a child and says how it ended.
void AwaitChild(pid_t child) {
  int status = 0;
  Require(waitpid(child, &status, 0) == child, "waitpid");
  if (WIFEXITED(status)) {
    SayHere("child exited with " + std::to_string(WEXITSTATUS(status)));
  } else {
    SayHere("child ended by signal " + std::to_string(WTERMSIG(status)));
  }
}

template <class F>
void InChild(F&& function) {
  const pid_t child = Forked(fork());
  if (child == 0) {
    function();
    std::exit(5);
  }
  AwaitChild(child);
}

// As glibc's fork() without its hooks.
pid_t RawFork() {
  return static_cast<pid_t>(
      syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

void ChildExits() {
  AtExit(SaysHere{"inherited"});
  InChild([] {});
}

void ChildUnderscoreExits() {
  AtExit(SaysHere{"inherited"});
  InChild([] {
    AtExit(SaysHere{"own"});
    _exit(6);
  });
}

void ChildReturnsFromMain() {
  AtExit(SaysHere{"inherited"});
  const pid_t child = Forked(fork());
  if (child != 0) AwaitChild(child);
}

void ChildRegisters() {
  AtExit(SaysHere{"inherited"});
  InChild([] {
    AtExit(SaysHere{"own first"});
    AtExit(SaysHere{"own second"});
  });
  AtExit(SaysHere{"later"});
}

void GrandchildRegisters() {
  AtExit(SaysHere{"of the parent"});
  InChild([] {
    AtExit(Says{"of the child"});
    InChild([] { AtExit(Says{"of the grandchild"}); });
  });
}

void HandlesInChild() {
  Finalizer<> handle = AtExit(Options("handle").set_phase(2), SaysHere{"run"});
  InChild([&] {
    Require(!handle.alive(), "alive");
    Require(!handle.Run(), "Run");
    Require(handle.Detach() == nullptr, "Detach");
    Require(!handle.Peek().has_value(), "Peek");
    handle.set_at_exit(false);
    Require(!handle.at_exit(), "at_exit");
    handle.Wait();
    Require(Registry::Process().size() == 0, "size");
    Require(Registry::Process().Dump().empty(), "Dump");
    SayHere("all refused");
  });
  Require(handle.alive(), "alive in the parent");
}

// Nothing inherited is destroyed, on any path.
struct Inherited {
  Inherited() = default;
  Inherited(Inherited&& other) noexcept : live(other.live) {
    other.live = false;
  }
  ~Inherited() {
    if (live) SayHere("destroyed");
  }
  void operator()() { SayHere("ran"); }
  bool live = true;
};
void CallablesInChild() {
  auto handle = AtExit(Options(), Inherited());
  AtExit(Options().set_at_exit(false), Inherited());
  InChild([&] {
    handle.Detach();
    Registry::Process().Drain();
  });
  handle.Detach();
}

// The ends of inherited objects: a registry, a lifetime, a scope, a shared_ptr.
void ObjectsInChild() {
  const pid_t child = [] {
    Registry registry;
    registry.Register(SaysHere{"registry"});
    Registry nested(registry);
    nested.Register(SaysHere{"nested registry"});
    finalize::Lifetime lifetime;
    finalize::OnDestroy(lifetime, SaysHere{"lifetime"});
    auto shared = finalize::MakeShared<int>(1);
    finalize::OnDestroy(shared, SaysHere{"shared"});
    finalize::Finally scope(SaysHere{"scope"});
    const pid_t forked = Forked(fork());
    if (forked == 0) {
      finalize::OnDestroy(lifetime, SaysHere{"own on lifetime"});
      registry.Register(SaysHere{"own in registry"});
    } else {
      AwaitChild(forked);
    }
    return forked;
  }();
  if (child == 0) std::exit(5);
}

// A callback forks, and the child returns from it: the drain stops there.
void ForkInCallback() {
  AtExit(SaysHere{"first"});
  AtExit([] {
    const pid_t child = Forked(fork());
    if (child != 0) AwaitChild(child);
    SayHere("after fork");
  });
  AtExit(SaysHere{"third"});
  std::exit(3);
}

void ForkInCallbackThenExit() {
  AtExit(SaysHere{"first"});
  AtExit([] { InChild([] { SayHere("exits"); }); });
  AtExit(SaysHere{"third"});
  std::exit(3);
}

// The same, and the child registers before it returns, or exits.
void ForkInCallbackAndRegister() {
  AtExit(SaysHere{"first"});
  AtExit([] {
    const pid_t child = Forked(fork());
    if (child == 0) {
      AtExit(SaysHere{"own"});
    } else {
      AwaitChild(child);
    }
  });
  std::exit(3);
}
void ForkInCallbackRegisterAndExit() {
  AtExit(SaysHere{"first"});
  AtExit([] { InChild([] { AtExit(SaysHere{"own"}); }); });
  std::exit(3);
}

// A callback forks in an explicit drain; the child goes on after it.
void ForkInExplicitDrain() {
  Registry registry;
  registry.Register(SaysHere{"first"});
  static pid_t child;
  registry.Register([] {
    child = Forked(fork());
    if (child != 0) AwaitChild(child);
  });
  const finalize::Report report = registry.Drain();
  if (child == 0) {
    Require(registry.size() == 0, "empty in the child");
    registry.Register(SaysHere{"own"});
    Require(registry.Drain().ran == 1, "the child's own drain");
    std::exit(5);
  }
  Require(report.ran == 2, "both in the parent");
}

// A callback forks while helper threads run others.
void ForkInParallelDrain() {
  Registry registry;
  for (int i = 0; i < 20; ++i) {
    registry.Register([] { InChild([] {}); });
  }
  finalize::DrainOptions options;
  options.threads = 3;
  Require(registry.Drain(options).ran == 20, "all of them");
}

// A callback forks on a helper thread, and its child comes back out of it.
void ReturnInParallelDrain() {
  Registry registry;
  for (int i = 0; i < 3; ++i) registry.Register(SaysHere{"ran"});
  registry.Register([] {
    const pid_t child = Forked(fork());
    if (child != 0) Require(waitpid(child, nullptr, 0) == child, "waitpid");
  });
  finalize::DrainOptions options;
  options.threads = 1;
  Require(registry.Drain(options).ran == 4, "all of them");
}

// Another thread forks while main is in a callback of exit(), whose lock in
// glibc 2.41 the child inherits.
void ForkBesideDrain() {
  static std::atomic<bool> draining{false};
  static std::atomic<bool> forked{false};
  std::thread([] {
    while (!draining) sched_yield();
    InChild([] {
      AtExit(SaysHere{"own"});
      SayHere("exits");
      finalize::ExitInChild(5);
    });
    forked = true;
  }).detach();
  AtExit(SaysHere{"first"});
  AtExit([] {
    draining = true;
    while (!forked) sched_yield();
  });
  std::exit(3);
}

// Forks while other threads register, run, detach and drain. Every child uses
// the library, and ends.
void ForkLoop(pid_t (*forks)(), int count) {
  static std::atomic<bool> stop{false};
  static std::atomic<int> started{0};
  static std::atomic<int> ended{0};
  static Registry* registry = new Registry();
  const auto busy = [] {
    ++started;
    while (!stop) {
      AtExit([] {}).Run();
      AtExit([] {}).Detach();
      registry->TryRegister(Options(), [] {}).status().IgnoreError();
      finalize::Lifetime lifetime;
      finalize::OnDestroy(lifetime, [] {});
    }
    ++ended;
  };
  const auto drains = [] {
    ++started;
    while (!stop) registry->Drain();
    ++ended;
  };
  std::thread(busy).detach();
  std::thread(busy).detach();
  std::thread(drains).detach();
  while (started != 3) sched_yield();
  for (int i = 0; i < count; ++i) {
    const pid_t child = Forked(forks());
    if (child == 0) {
      static int own = 0;
      AtExit([] { _exit(own == 2 ? 5 : 7); });
      AtExit([] { ++own; });
      registry->Register([] { ++own; });
      registry->Drain();
      std::exit(6);
    }
    int status = 0;
    Require(waitpid(child, &status, 0) == child, "waitpid");
    Require(WIFEXITED(status) && WEXITSTATUS(status) == 5, "end of a child");
  }
  stop = true;
  while (ended != 3) sched_yield();
  SayHere("done");
}
void ForkLoopOfFork() { ForkLoop(&fork, 200); }
void ForkLoopOfRaw() { ForkLoop(&RawFork, 200); }

// Children of fork() in the middle of the first registration.
void ForkFirst() {
  static std::atomic<bool> go{false};
  std::thread registers([] {
    while (!go) {
    }
    AtExit(SaysHere{"of the parent"});
  });
  go = true;
  const pid_t child = Forked(fork());
  if (child == 0) {
    AtExit(SaysHere{"own"});
    std::exit(5);
  }
  registers.join();
  AwaitChild(child);
}

// Children that ran no fork hook.
template <class F>
void WithoutHook(F&& forks) {
  Finalizer<> handle = AtExit(SaysHere{"inherited"});
  const pid_t child = Forked(forks());
  if (child == 0) {
    Require(!handle.alive(), "alive");
    Require(!handle.Run(), "Run");
    AtExit(SaysHere{"own"});
    const pid_t grandchild = Forked(forks());
    if (grandchild == 0) {
      AtExit(SaysHere{"own, of the grandchild"});
      std::exit(4);
    }
    AwaitChild(grandchild);
    std::exit(5);
  }
  AwaitChild(child);
}
void RawClone() { WithoutHook(&RawFork); }
void UnderscoreFork() { WithoutHook(&_Fork); }

// A child that does nothing with the library at all.
void RawCloneIdle() {
  AtExit(SaysHere{"inherited"});
  const pid_t child = Forked(RawFork());
  if (child == 0) std::exit(5);
  AwaitChild(child);
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"child-exits", ChildExits},
       {"child-underscore-exits", ChildUnderscoreExits},
       {"child-returns-from-main", ChildReturnsFromMain},
       {"child-registers", ChildRegisters},
       {"grandchild-registers", GrandchildRegisters},
       {"handles-in-child", HandlesInChild},
       {"callables-in-child", CallablesInChild},
       {"objects-in-child", ObjectsInChild},
       {"fork-in-callback", ForkInCallback},
       {"fork-in-callback-then-exit", ForkInCallbackThenExit},
       {"fork-in-callback-and-register", ForkInCallbackAndRegister},
       {"fork-in-callback-register-and-exit", ForkInCallbackRegisterAndExit},
       {"fork-in-explicit-drain", ForkInExplicitDrain},
       {"fork-in-parallel-drain", ForkInParallelDrain},
       {"return-in-parallel-drain", ReturnInParallelDrain},
       {"fork-beside-drain", ForkBesideDrain},
       {"fork-loop", ForkLoopOfFork},
       {"raw-fork-loop", ForkLoopOfRaw},
       {"fork-first", ForkFirst},
       {"raw-clone", RawClone},
       {"raw-clone-idle", RawCloneIdle},
       {"underscore-fork", UnderscoreFork}});
}
