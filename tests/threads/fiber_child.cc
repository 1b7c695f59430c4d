// SPDX-License-Identifier: Apache-2.0

// A process that ends while callbacks are suspended, or after they have moved.
#include <cstdlib>

#include "finalize/at_exit.h"
#include "finalize/finalizer.h"
#include "finalize/registry.h"
#include "tests/support/scenario.h"
#include "tests/threads/fiber.h"

namespace {

using finalize::AtExit;
using finalize::Registry;
using finalize_test::Fiber;
using finalize_test::Require;
using finalize_test::Says;

// Two callbacks, the one that began first ends first.
void AllEnded() {
  AtExit(Says{"rest"});
  Fiber* one = nullptr;
  Fiber* two = nullptr;
  auto first = AtExit([&] { one->Suspend(); });
  auto second = AtExit([&] { two->Suspend(); });
  one = new Fiber([&](Fiber&) { first.Run(); });
  two = new Fiber([&](Fiber&) { second.Run(); });
  one->Resume();
  two->Resume();
  one->Resume();
  two->Resume();
  Require(one->ended() && two->ended(), "both have ended");
  delete one;
  delete two;
}

// A callback and a drain that never return: their stacks are gone.
void NeverReturned() {
  AtExit(Says{"rest"});
  Fiber* self = nullptr;
  auto suspended = AtExit([&] { self->Suspend(); });
  self = new Fiber([&](Fiber&) { suspended.Run(); });
  self->Resume();
  delete self;
  AtExit([&] { self->Suspend(); });
  self = new Fiber([&](Fiber&) { Registry::Process().Drain(); });
  self->Resume();
  delete self;
  AtExit(Says{"late"});
}

// exit() in a callback that has moved to another thread.
void ExitsWhereItMoved() {
  AtExit(Says{"rest"});
  Fiber* self = nullptr;
  auto moves = AtExit([&] {
    self->Suspend();
    std::exit(3);
  });
  self = new Fiber([&](Fiber&) { moves.Run(); });
  self->Resume();
  self->ResumeOnAnotherThread();
}

// The same in a drain of the process registry.
void ExitsInADrainThatMoved() {
  AtExit(Says{"rest"});
  Fiber* self = nullptr;
  AtExit([&] {
    self->Suspend();
    std::exit(3);
  });
  self = new Fiber([&](Fiber&) { Registry::Process().Drain(); });
  self->Resume();
  self->ResumeOnAnotherThread();
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"all-ended", AllEnded},
       {"never-returned", NeverReturned},
       {"exits-where-it-moved", ExitsWhereItMoved},
       {"exits-in-a-drain-that-moved", ExitsInADrainThatMoved}});
}
