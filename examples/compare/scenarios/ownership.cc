// SPDX-License-Identifier: Apache-2.0

#include <unistd.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "examples/compare/scenarios/scenario_groups.h"
#include "examples/compare/subject/fiber.h"
#include "examples/compare/subject/owner.h"

namespace compare {
namespace {

constexpr char kExit[] = "at exit";
constexpr char kThrow[] = "by exception";

// The temp dir is the owner's first member, as in most classes with a temp dir.
template <class Dir>
struct Owner {
  explicit Owner(Dir dir_in) : dir(std::move(dir_in)) {}
  Owner(Dir dir_in, int port) : dir(std::move(dir_in)) {
    Stage(kThrow);
    if (port == 0) throw std::runtime_error("no port is free");
  }

  Dir dir;
  std::shared_ptr<Owner> other;
};

// The leak is intended. The pointer keeps leak checkers quiet.
template <class Dir>
Owner<Dir>* leaked;

template <class Dir>
int OwnerThrows() {
  try {
    Owner<Dir> owner(MakeDir<Dir>(), 0);
  } catch (const std::runtime_error&) {
    Stage(kExit);
  }
  return 0;
}

template <class Dir>
int LeakedOnHeap() {
  leaked<Dir> = new Owner<Dir>(MakeDir<Dir>());
  Stage(kExit);
  return 0;
}

template <class Dir>
int SharedCycle() {
  auto a = std::make_shared<Owner<Dir>>(MakeDir<Dir>());
  auto b = std::make_shared<Owner<Dir>>(MakeDir<Dir>());
  a->other = b;
  b->other = a;
  leaked<Dir> = a.get();
  Stage(kExit);
  return 0;
}

template <class Dir>
std::optional<Dir> global;

template <class Dir>
int Global() {
  global<Dir>.emplace(MakeDir<Dir>());
  Stage(kExit);
  return 0;
}

template <class Dir>
int StaticLocal() {
  static Dir dir = MakeDir<Dir>();
  Stage(kExit);
  return 0;
}

template <class Dir>
int ThreadLocal() {
  thread_local Dir dir = MakeDir<Dir>();
  Stage(kExit);
  return 0;
}

template <class Dir>
int ThreadLocalOfThread() {
  std::thread worker([] {
    thread_local Dir dir = MakeDir<Dir>();
    Stage("at thread end");
  });
  worker.join();
  Stage(kExit);
  return 0;
}

template <class Dir>
int DetachedThread() {
  std::promise<void> made;
  std::thread([&made] {
    Dir dir = MakeDir<Dir>();
    made.set_value();
    for (;;) pause();
  }).detach();
  made.get_future().wait();
  Stage(kExit);
  return 0;
}

template <class Dir>
void OwnAndSuspend() {
  Dir dir = MakeDir<Dir>();
  Fiber::Suspend();
}

template <class Dir>
int FiberDestroyed() {
  {
    Fiber fiber(OwnAndSuspend<Dir>);
    fiber.Start();
    Stage("at the fiber's end");
  }
  Stage(kExit);
  return 0;
}

template <class Dir>
int FiberSuspended() {
  Fiber fiber(OwnAndSuspend<Dir>);
  fiber.Start();
  Stage(kExit);
  std::exit(0);
}

constexpr char kNeverDestroyed[] =
    "The owner is never destroyed, so its directory is never removed. Leaked "
    "memory is freed when the process ends; a leaked directory is not.";
constexpr char kExitDrains[] =
    "The owner is never destroyed, but its finalizer is still pending when "
    "the process exits, and runs then.";
constexpr char kStaticEnds[] =
    "exit() destroys objects with static storage, which removes the "
    "directory.";

constexpr Scenario kOwnership[] = {
    {"owner-throws",
     "owner's constructor throws",
     "A class has the temp dir as a member, and its constructor throws.",
     {OwnerThrows<D>, OwnerThrows<F>, OwnerThrows<M>},
     Exits(0),
     {{"", kThrow,
       "The class's own destructor does not run, but those of its "
       "complete members do. So a directory is safe here if it is a "
       "member, and not a path in a string."}}},
    {"heap-leaked",
     "leaked on the heap",
     "The owner is created by new and never deleted.",
     {LeakedOnHeap<D>, LeakedOnHeap<F>, LeakedOnHeap<M>},
     Exits(0),
     {{"destructor", nullptr, kNeverDestroyed},
      {"finalizer", kExit, kExitDrains}}},
    {"shared-cycle",
     "held by shared_ptr cycle",
     "Two owners hold each other by shared_ptr.",
     {SharedCycle<D>, SharedCycle<F>, SharedCycle<M>},
     Exits(0),
     {{"destructor", nullptr,
       "The reference counts never reach zero: neither owner is "
       "destroyed."},
      {"finalizer", kExit, kExitDrains}}},
    {"global",
     "held by a global",
     "A global variable, which main fills, owns the directory.",
     {Global<D>, Global<F>, Global<M>},
     Exits(0),
     {{"destructor", kExit, kStaticEnds},
      {"finalizer", kExit,
       "The finalizer runs at exit before the global is destroyed, because "
       "it was registered later. The destructor then has nothing to do."}}},
    {"static-local",
     "held by a static local",
     "A static variable of a function owns the directory.",
     {StaticLocal<D>, StaticLocal<F>, StaticLocal<M>},
     Exits(0),
     {{"", kExit, kStaticEnds}}},
    {"thread-local",
     "held by a thread_local",
     "A thread_local variable of the main thread owns the directory.",
     {ThreadLocal<D>, ThreadLocal<F>, ThreadLocal<M>},
     Exits(0),
     {{"", kExit,
       "exit() first destroys the thread_local objects of the thread "
       "that calls it, then static ones."}}},
    {"thread-local-ended",
     "thread_local, other thread",
     "A thread_local variable of a thread that ends owns the directory.",
     {ThreadLocalOfThread<D>, ThreadLocalOfThread<F>, ThreadLocalOfThread<M>},
     Exits(0),
     {{"", "at thread end",
       "The end of a thread destroys its thread_local objects."}}},
    {"detached-thread",
     "held by a detached thread",
     "A detached thread owns the directory and is still busy when main "
     "returns.",
     {DetachedThread<D>, DetachedThread<F>, DetachedThread<M>},
     Exits(0),
     {{"destructor", nullptr,
       "The thread's stack is never unwound: the end of the process stops "
       "the thread."},
      {"finalizer", kExit,
       "The finalizer runs on the thread that exits. It removes the "
       "directory while its owner is still busy. A thread that runs until "
       "the end of the process must expect that."}}},
    {"fiber-destroyed",
     "held by a destroyed fiber",
     "The owner is a local variable on the stack of a fiber (ucontext), which "
     "is suspended. Its stack is unmapped without being unwound.",
     {FiberDestroyed<D>, FiberDestroyed<F>, FiberDestroyed<M>},
     Exits(0),
     {{"destructor", nullptr,
       "The owner vanishes with the stack, and its destructor does not run."},
      {"finalizer", kExit,
       "The finalizer is not on that stack, and does not touch it: it is "
       "still pending when the process exits, and runs then."}}},
    {"fiber-suspended",
     "held by a suspended fiber",
     "The same, but the fiber is still suspended when main calls exit().",
     {FiberSuspended<D>, FiberSuspended<F>, FiberSuspended<M>},
     Exits(0),
     {{"destructor", nullptr,
       "exit() unwinds no stack: neither that of main nor that of a fiber."},
      {"finalizer", kExit, kExitDrains}}},
};

}  // namespace

Group Ownership() { return {"ownership", "ownership", kOwnership}; }

}  // namespace compare
