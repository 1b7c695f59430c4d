// SPDX-License-Identifier: Apache-2.0

// A service that ends while requests are in flight.
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "finalize/adopt_after_fork.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/in_flight.h"
#include "finalize/internal/base/lock.h"
#include "finalize/options.h"
#include "finalize/process_end.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"
#include "tests/support/test_clock.h"

namespace {

using finalize::InFlight;
using finalize_test::AwaitBlocked;
using finalize_test::AwaitInput;
using finalize_test::Forked;
using finalize_test::PutClockForward;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::ThisThread;

using Ticket = InFlight::Ticket;

// Never destroyed, because threads use it during the drain.
InFlight& Requests() {
  static InFlight* const requests = new InFlight("requests");
  return *requests;
}

Ticket Entered(const char* name) {
  absl::StatusOr<Ticket> ticket = Requests().Enter(name);
  Require(ticket.ok(), "Enter");
  return *std::move(ticket);
}

// Answers when the process ends.
void Begin(const char* name) {
  std::thread([name, ticket = Entered(name)]() mutable {
    while (!Requests().closed()) sched_yield();
    Say(std::string("answered ") + name);
    ticket.Leave();
  }).detach();
}

// Its ticket never leaves.
void BeginStuck() {
  static Ticket* const ticket = new Ticket(Entered("GET /stuck"));
  Require(ticket->inside(), "inside");
}

// The time of the wait passes when the stuck request alone is left, and the
// thread that drains waits for it.
void PassTimeOfWait() {
  static std::atomic<pid_t> drainer{0};
  finalize::AtExit(finalize::Options().set_phase(finalize::kStopAcceptingPhase),
                   [] { drainer = ThisThread(); });
  std::thread([] {
    while (!Requests().closed() || Requests().size() > 1) sched_yield();
    AwaitBlocked(drainer, SYS_futex);
    PutClockForward(absl::Minutes(35));  // more than half of the deadline
  }).detach();
}

void Install() {
  finalize::ExitOptions options;
  options.deadline = absl::Hours(1);
  options.notice = absl::InfiniteDuration();
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
  Require(finalize::InstallExitHooks().ok(), "InstallExitHooks");
  finalize::AtExit(Says{"cleaned up"});
  PassTimeOfWait();
}

void Serve() {
  Install();
  Begin("GET /a");
  Begin("GET /b");
  BeginStuck();
  Say("ready");
  for (;;) AwaitInput();
}

// main returns when its loop has ended, while the signal's thread drains.
void ServeUntilClosed() {
  Install();
  BeginStuck();
  Say("ready");
  while (!Requests().closed()) sched_yield();
}

void Exit() {
  finalize::AtExit(Says{"cleaned up"});
  Begin("GET /a");
  std::exit(3);
}

// A signal handler calls exit() on a thread that was changing the requests: it
// holds their lock. A callback uses them all the same.
void ExitInHandler(int) { std::exit(3); }
void InterruptChange() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  static Ticket* const ticket = new Ticket(Entered("GET /a"));
  finalize::AtExit(Says{"cleaned up"});
  finalize::AtExit([] {
    ticket->Leave();
    Require(!Requests().Enter("GET /b").ok(), "closed");
    Require(!Requests().Wait().ok(), "Wait");
    Require(Requests().ByAge(9).empty(), "ByAge");
  });
  signal(SIGUSR1, ExitInHandler);
  finalize_internal::LockAt(finalize_internal::kInFlightLock).Acquire();
  raise(SIGUSR1);
}

// The destructor of the object runs before the drain, because its constructor
// has installed the exit handler. The request is answered while main waits.
void ExitWithStatic() {
  static InFlight requests("requests");
  static std::atomic<bool> ends{false};
  static const finalize_test::SaysAtEnd newer("static of new");
  absl::StatusOr<Ticket> ticket = requests.Enter("GET /a");
  Require(ticket.ok(), "Enter");
  finalize::AtExit(Says{"cleaned up"});
  finalize::AtExit(finalize::Options().set_phase(finalize::kStopAcceptingPhase),
                   [] { ends = true; });
  std::thread([ticket = *std::move(ticket), main = ThisThread()]() mutable {
    while (!ends) sched_yield();
    AwaitBlocked(main, SYS_futex);
    Say("answered GET /a");
    ticket.Leave();
  }).detach();
}

// The parent has a request that the child inherits, and the child its own.
void Prefork() {
  Ticket inherited = Entered("GET /parent");
  const pid_t worker = Forked(fork());
  if (worker == 0) {
    Require(Requests().size() == 0, "a child has no requests");
    Require(Requests().Wait().ok(), "a child has none to wait for");
    inherited.Leave();
    finalize::AtExit(Says{"worker cleaned up"});
    Begin("GET /worker");
    Require(Requests().size() == 1, "its own counts");
    std::exit(0);
  }
  int status = 0;
  waitpid(worker, &status, 0);
  Require(status == 0, "the worker ends well");
  Require(Requests().size() == 1, "the parent's is still in flight");
  Require(!Requests().closed(), "the parent is open");
}

// The child of a daemon takes over the request, and answers it.
void Adopt() {
  finalize::AtExit(Says{"cleaned up"});
  Ticket inherited = Entered("GET /parent");
  const pid_t child = Forked(fork());
  if (child == 0) {
    Require(finalize::AdoptAfterFork().ok(), "AdoptAfterFork");
    Require(Requests().size() == 1, "the request is adopted");
    std::thread([ticket = std::move(inherited)]() mutable {
      while (!Requests().closed()) sched_yield();
      Say("answered in the child");
      ticket.Leave();
    }).detach();
    std::exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Require(status == 0, "the child ends well");
  _exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(argc, argv,
                                    {{"serve", Serve},
                                     {"serve-until-closed", ServeUntilClosed},
                                     {"exit", Exit},
                                     {"interrupt-change", InterruptChange},
                                     {"exit-with-static", ExitWithStatic},
                                     {"prefork", Prefork},
                                     {"adopt", Adopt}});
}
