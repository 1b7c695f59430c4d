// SPDX-License-Identifier: Apache-2.0

// Registrations from before main to after the last exit handler.
#include <stdio.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "finalize/at_exit.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Options;
using finalize::Registry;
using finalize_test::Say;
using finalize_test::Says;

// The scenario is told by the environment: there are no arguments yet.
bool Wanted(const char* scenario) {
  const char* wanted = getenv("STATIC_SCENARIO");
  return wanted != nullptr && std::string(wanted) == scenario;
}

// Before the constructors of this file, and of the library.
__attribute__((constructor(101))) void RegistersFirst() {
  if (Wanted("constructor")) {
    AtExit(Says{"from the first constructor"});
    static finalize::Lifetime* lifetime = new finalize::Lifetime();
    finalize::OnDestroy(*lifetime, Says{"on a lifetime"});
  }
}

// After every other destructor: nothing comes later in a program but the end
// of its C library.
__attribute__((destructor(101))) void RegistersLast() {
  if (Wanted("destructor")) AtExit(Says{"from the last destructor"});
}

struct Static {
  Static() {
    if (Wanted("constructor")) {
      finalizer = AtExit(Says{"from a static constructor"});
    }
  }
  ~Static() {
    if (Wanted("destructor")) {
      Say("static destructor");
      AtExit([] {
        Say("from a static destructor");
        AtExit(Says{"from the callback of that"});
      });
    }
  }
  finalize::Finalizer<> finalizer;
} in_static;

void InConstructor() { AtExit(Says{"from main"}); }

void InDestructor() { AtExit(Says{"from main"}); }

// One handler registers, each time it has run again.
void InEveryHandler() {
  std::atexit([] { AtExit(Says{"from the third handler"}); });
  std::atexit([] { AtExit(Says{"from the second handler"}); });
  std::atexit([] { AtExit(Says{"from the first handler"}); });
  AtExit(Says{"from main"});
}

// The first use of the library is in an exit handler.
void FirstInHandler() {
  std::atexit([] { AtExit(Says{"from a handler"}); });
}

struct RegistersAtEnd {
  ~RegistersAtEnd() { AtExit(Says{"from a thread_local"}); }
  void Use() {}
};
thread_local RegistersAtEnd registers_at_end;

void InThreadLocal() {
  registers_at_end.Use();
  AtExit(Says{"from main"});
}

void InThreadLocalOfThread() {
  std::thread([] { registers_at_end.Use(); }).join();
  AtExit(Says{"from main"});
}

// A thread registers when main has drained and sits in a static destructor.
void InLateThread() {
  static std::atomic<bool> drained{false};
  static std::atomic<bool> registered{false};
  struct Waits {
    ~Waits() {
      drained = true;
      while (!registered) sched_yield();
      Say("static destructor");
    }
  };
  static Waits waits;
  std::thread([] {
    while (!drained) sched_yield();
    AtExit(Says{"from a thread"});
    {
      finalize::Lifetime lifetime;
      finalize::OnDestroy(lifetime, Says{"end of a lifetime"});
    }
    registered = true;
  }).detach();
  AtExit(Says{"from main"});
}

// A scope and a registry as statics.
void StaticObjects() {
  static Registry registry;
  registry.Register(Says{"static registry"});
  static finalize::Lifetime lifetime;
  finalize::OnDestroy(lifetime, Options().set_at_exit(false),
                      Says{"static lifetime"});
  AtExit(Says{"from main"});
}

// The C library flushes its files after the last exit handler. This one's
// writer registers.
ssize_t WriteLate(void*, const char*, size_t size) {
  Say(AtExit(Options("too late"), Says{"lost"}).alive() ? "accepted"
                                                        : "refused");
  AtExit(Options().set_if_closed(finalize::IfClosed::kRunNow), Says{"run now"});
  Say(Registry::Process().TryRegister({}, [] {}).status().ToString());
  { finalize::Finally scope(Says{"end of a scope"}); }
  finalize::Finally run_now(
      Options().set_if_closed(finalize::IfClosed::kRunNow), Says{"scope"});
  return static_cast<ssize_t>(size);
}
void PastHandlers() {
  cookie_io_functions_t functions = {};
  functions.write = WriteLate;
  FILE* file = fopencookie(nullptr, "w", functions);
  fputs("flushed at the end", file);
  AtExit(Says{"from main"});
}

void Sealed() {
  AtExit(Says{"before"});
  Registry::Process().Seal();
  Say(AtExit(Options("sealed out"), Says{"lost"}).alive() ? "accepted"
                                                          : "refused");
  AtExit(Options().set_if_closed(finalize::IfClosed::kRunNow), Says{"run now"});
  Say(Registry::Process().TryRegister({}, [] {}).status().ToString());
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"constructor", InConstructor},
       {"destructor", InDestructor},
       {"every-handler", InEveryHandler},
       {"first-in-handler", FirstInHandler},
       {"thread-local", InThreadLocal},
       {"thread-local-of-thread", InThreadLocalOfThread},
       {"late-thread", InLateThread},
       {"static-objects", StaticObjects},
       {"past-handlers", PastHandlers},
       {"sealed", Sealed}});
}
