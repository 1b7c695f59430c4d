// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/unload/thread_end.h"

#include <cxxabi.h>
#include <pthread.h>

#include <atomic>
#include <memory>
#include <new>

#include "finalize/internal/drain/drain_context.h"
#include "finalize/internal/life/cascade.h"
#include "finalize/internal/life/spent.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/slab.h"
#include "finalize/internal/node/thread_end_door.h"
#include "finalize/internal/node/thread_state.h"
#include "finalize/internal/unload/module.h"

extern "C" __attribute__((visibility("hidden"))) void* __dso_handle;

namespace finalize_internal {
namespace {

// The key plus one; 0 if there is none yet.
std::atomic<uint64_t> the_key{0};

bool InProgram() {
  static std::atomic<int> answer{-1};
  int known = answer.load(std::memory_order_relaxed);
  if (known < 0) {
    known = ModuleOf(&the_key).is_program ? 1 : 0;
    answer.store(known, std::memory_order_relaxed);
  }
  return known != 0;
}

FINALIZE_OWN_FRAME ThreadExits*& ExitsOfThisThread() {
  ThreadExits** exits = &this_thread.exits;
  asm volatile("" : "+r"(exits));
  return *exits;
}

void EndExits(void* argument) {
  // Any other one belongs to a parent, or has been destroyed.
  if (argument != ExitsOfThisThread()) return;
  auto* const exits = static_cast<ThreadExits*>(argument);
  EndLifetime(&exits->list, finalize::Cause::Kind::kThreadExit);
  if (!exits->list.empty()) return;  // inherited
  if (ExitsOfThisThread() == exits) ExitsOfThisThread() = nullptr;
  delete exits;
}

// In a module, this runs everything. In the program, it runs what was
// registered after the end of the thread_locals.
void EndOfKey(void*) {
  if (this_thread.exits != nullptr) EndExits(this_thread.exits);
  AbandonFrames();
  if (!InProgram()) GiveBackFreeNodes();
}

bool SetKey() {
  uint64_t key = the_key.load(std::memory_order_acquire);
  if (key == 0) {
    pthread_key_t made;
    if (pthread_key_create(&made, &EndOfKey) != 0) return false;
    if (the_key.compare_exchange_strong(key, uint64_t{made} + 1,
                                        std::memory_order_acq_rel)) {
      key = uint64_t{made} + 1;
    } else {
      pthread_key_delete(made);
    }
  }
  return pthread_setspecific(static_cast<pthread_key_t>(key - 1), &the_key) ==
         0;
}

// A callback that is suspended here may continue on another thread, or never.
// The end of the key tells that the thread has ended; exit() does not reach it.
FINALIZE_OWN_FRAME void NoteFramesAtEnd() {
  this_thread.frames_in_exit = CountFrames();
  if (this_thread.frames_in_exit != 0) SetKey();
}

struct EndOfThreadLocals {
  ~EndOfThreadLocals() {
    DestroyDeferred();
    NoteFramesAtEnd();
    GiveBackFreeNodes();
  }
  void Touch() {}
};
thread_local EndOfThreadLocals end_of_thread_locals;

// Has EndExits called at the end of this thread.
bool Arm(ThreadExits* exits) {
  if (!SetKey()) return false;
  // Not if the thread_locals have ended: the destructor would never be called.
  if (InProgram() && !this_thread.ending) {
    abi::__cxa_thread_atexit(&EndExits, exits, &__dso_handle);
  }
  return true;
}

bool IsInherited(const LifetimeList& list) {
  // Not a std::atomic: see LifetimeList.
  const Node* newest = __atomic_load_n(&list.newest, __ATOMIC_ACQUIRE);
  return newest != nullptr && !IsOurs(newest);
}

}  // namespace

bool WatchThreadEnd() {
  if (!InProgram()) return SetKey();
  end_of_thread_locals.Touch();
  return true;
}

LifetimeList* ThreadExitList() {
  ThreadExits* const known = this_thread.exits;
  if (known != nullptr && !IsInherited(known->list)) return &known->list;
  std::unique_ptr<ThreadExits> exits(new (std::nothrow) ThreadExits);
  if (exits == nullptr || !Arm(exits.get())) return nullptr;
  exits->list.by_phase = true;
  this_thread.exits = exits.release();
  return &this_thread.exits->list;
}

void StopWatchingThreads() {
  const uint64_t key = the_key.exchange(0, std::memory_order_acq_rel);
  if (key != 0) pthread_key_delete(static_cast<pthread_key_t>(key - 1));
}

}  // namespace finalize_internal
