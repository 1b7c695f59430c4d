// SPDX-License-Identifier: Apache-2.0

// A process that forks and leaves; its child adopts what it registered. Only
// one of the two writes at a time: the parent is gone by _exit, or waits.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "finalize/adopt_after_fork.h"
#include "finalize/at_exit.h"
#include "finalize/failure_reporter.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/owner_process.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AdoptAfterFork;
using finalize::AtExit;
using finalize::Finalizer;
using finalize::Options;
using finalize::Registry;
using finalize_test::Forked;
using finalize_test::Latch;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;

// Goes on in a child of a process that leaves by _exit.
void Daemonize() {
  if (Forked(fork()) != 0) _exit(7);
}

void Adopt(size_t expected) {
  const absl::StatusOr<size_t> adopted = AdoptAfterFork();
  Require(adopted.ok(), adopted.status().ToString().c_str());
  Require(*adopted == expected, "the number of the adopted");
}

// Waits for a child and requires that it ended as said.
void Await(pid_t child, int code) {
  int status = 0;
  Require(waitpid(child, &status, 0) == child, "waitpid");
  Require(WIFEXITED(status) && WEXITSTATUS(status) == code, "end of a child");
}

// Order is kept, over phases, and what the child adds is the newest.
void Order() {
  AtExit(Says{"first"});
  AtExit(Options().set_phase(2), Says{"high"});
  AtExit(Says{"second"});
  AtExit(Options("skipped").set_at_exit(false), Says{"never"});
  Daemonize();
  Adopt(4);
  AtExit(Says{"own"});
  std::exit(0);
}

// Handles made before the fork work again.
void Handles() {
  Finalizer<> run = AtExit(Says{"run"});
  Finalizer<> detached = AtExit(Says{"detached"});
  Finalizer<> flagged = AtExit(Options("flagged"), Says{"flagged"});
  AtExit(Says{"left to exit"});
  Daemonize();
  Require(!run.alive(), "inherited");
  Adopt(4);
  Require(run.alive() && flagged.alive(), "adopted");
  Require(run.Peek().has_value(), "Peek");
  Require(run.Run(), "Run");
  Require(!run.Run(), "once");
  Require(detached.Detach() != nullptr, "Detach");
  flagged.set_at_exit(false);
  Require(!flagged.at_exit(), "at_exit");
  Say("exit");
}

// Objects made before the fork end in the child.
void Objects() {
  Registry registry;
  registry.Register(Says{"registry"});
  Registry nested(registry);
  nested.Register(Says{"nested registry"});
  finalize::Lifetime lifetime;
  finalize::OnDestroy(lifetime, Says{"lifetime, older"});
  finalize::OnDestroy(lifetime, Says{"lifetime, newer"});
  auto shared = finalize::MakeShared<int>(1);
  finalize::OnDestroy(shared, Says{"shared"});
  finalize::Finally scope(Says{"scope"});
  Daemonize();
  Adopt(7);
  finalize::OnDestroy(lifetime, Says{"lifetime, own"});
}

// exit() drains once, although the parent's exit hooks are inherited too.
void ExitOnce() {
  static int runs = 0;
  AtExit([] { Say("run " + std::to_string(++runs)); });
  Daemonize();
  Adopt(1);
  std::exit(0);
}

// The daemon goes on to fork workers, which own nothing of it.
void Worker() {
  AtExit(Says{"by the daemon"});
  Daemonize();
  Adopt(1);
  const pid_t worker = Forked(fork());
  if (worker == 0) {
    AtExit(Says{"by the worker"});
    std::exit(4);
  }
  Await(worker, 4);
  std::exit(0);
}

// The classic daemon forks twice.
void DoubleFork() {
  AtExit(Says{"adopted"});
  Daemonize();
  Daemonize();
  Adopt(1);
  std::exit(0);
}

// The child between may have adopted as well.
void EachAdopts() {
  const finalize::OwnerProcess owner;
  AtExit(Says{"adopted"});
  Daemonize();
  Adopt(1);
  const finalize::OwnerProcess between;
  AtExit(Says{"adopted too"});
  Daemonize();
  Require(!owner.IsThis() && !between.IsThis(), "inherited");
  Adopt(2);
  Require(owner.IsThis() && between.IsThis(), "adopted");
  std::exit(0);
}

// A worker that has let go of its parent's entries becomes a daemon itself:
// its child adopts the worker's, and not those of the parent.
void OfAWorker() {
  const finalize::OwnerProcess first;
  AtExit(Says{"of the first process"});
  const pid_t worker = Forked(fork());
  if (worker == 0) {
    const finalize::OwnerProcess second;
    AtExit(Says{"of the worker"});
    Daemonize();
    Adopt(1);
    Require(second.IsThis(), "the worker's");
    Require(!first.IsThis(), "the first process's");
    std::exit(0);
  }
  Await(worker, 7);
  // The daemon has closed its output, hence ended, when the test goes on.
}

void FromDaemon() {
  AtExit(Says{"adopted"});
  Require(daemon(/*nochdir=*/1, /*noclose=*/1) == 0, "daemon");
  Adopt(1);
  std::exit(0);
}

// Another thread of the parent is in a callback, on a drain, or peeks.
struct SlowCopy {
  SlowCopy(Latch* copying_in, Latch* go_on_in)
      : copying(copying_in), go_on(go_on_in) {}
  SlowCopy(const SlowCopy& other)
      : copying(other.copying), go_on(other.go_on), count(other.count + 1) {
    if (count < 2) return;  // bound
    copying->CountDown();
    go_on->Wait();
  }
  void operator()() const {}
  Latch* copying;
  Latch* go_on;
  int count = 0;
};

void CaughtRunning() {
  static Latch& running = *new Latch;
  static Latch& never = *new Latch;
  AtExit(Says{"pending"});
  Finalizer<> caught = AtExit(Options("caught").set_phase(1), [] {
    running.CountDown();
    never.Wait();
  });
  std::thread([] { Registry::Process().Drain(); }).detach();
  running.Wait();
  Daemonize();
  Adopt(1);
  Require(!caught.alive() && !caught.Run(), "the parent's");
  caught.Wait();
  AtExit(Says{"own"});
  std::exit(0);
}

void CaughtPeeking() {
  static Latch& copying = *new Latch;
  static Latch& never = *new Latch;
  Finalizer<> peeked = AtExit(
      Options(), [](const SlowCopy&) { Say("peeked"); },
      SlowCopy(&copying, &never));
  std::thread([&] { (void)peeked.PeekArguments<SlowCopy>(); }).detach();
  copying.Wait();
  Daemonize();
  Adopt(1);
  std::exit(0);
}

// A callback forks in a drain, and its child adopts the rest.
void InCallback() {
  AtExit(Says{"older"});
  AtExit([] {
    Daemonize();
    Adopt(1);
    Say("in the callback");
  });
  AtExit(Says{"newer"});
  std::exit(0);
}

// Adoption while other threads of the parent are at any point of their work.
void Loop() {
  static std::atomic<bool> stop{false};
  static std::atomic<int> started{0};
  const auto busy = [] {
    ++started;
    while (!stop) {
      AtExit([] {}).Run();
      AtExit([] {}).Detach();
      finalize::Lifetime lifetime;
      finalize::OnDestroy(lifetime, [] {});
      Registry registry;
      registry.Register([] {});
    }
    --started;
  };
  static int adopted = 0;
  for (int i = 0; i < 10; ++i) AtExit([] { ++adopted; });
  std::thread(busy).detach();
  std::thread(busy).detach();
  while (started != 2) sched_yield();
  for (int i = 0; i < 100; ++i) {
    const pid_t child = Forked(fork());
    if (child == 0) {
      finalize::SetFailureReporter([](const finalize::ReportEntry&) {});
      Require(AdoptAfterFork().ok(), "adoption");
      AtExit([] {});
      (void)Registry::Process().Drain();
      _exit(adopted == 10 ? 5 : 6);
    }
    Await(child, 5);
  }
  stop = true;
  while (started != 0) sched_yield();
  Require(Registry::Process().Drain().ran == 10, "the parent's");
  Say("done");
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(argc, argv,
                                    {{"order", Order},
                                     {"handles", Handles},
                                     {"objects", Objects},
                                     {"exit-once", ExitOnce},
                                     {"worker", Worker},
                                     {"double-fork", DoubleFork},
                                     {"each-adopts", EachAdopts},
                                     {"of-a-worker", OfAWorker},
                                     {"daemon", FromDaemon},
                                     {"caught-running", CaughtRunning},
                                     {"caught-peeking", CaughtPeeking},
                                     {"in-callback", InCallback},
                                     {"loop", Loop}});
}
