#include "finalize/internal/fork_epoch.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "absl/base/attributes.h"
#include "finalize/internal/frames.h"
#include "finalize/internal/loaded_objects.h"
#include "finalize/internal/lock.h"
#include "finalize/internal/slab.h"
#include "finalize/internal/thread_state.h"

namespace finalize_internal {
namespace {

constexpr std::atomic<uint32_t> kUnset{0};

// The epoch's own copy, which the kernel does not wipe.
std::atomic<uint32_t> last_epoch{0};
// The process in which one thread sets the page up or renews the epoch; 0 if
// none. Not a Lock of the table, since there is no fork hook yet: a child that
// finds its parent here goes past it.
std::atomic<pid_t> renewing{0};
// The thread that holds all locks for its fork. Where a fork cut SetUp off in
// its child, the hooks are registered twice: they act once.
std::atomic<const void*> forking{nullptr};
std::atomic<uint32_t>* page = nullptr;
std::atomic<uint32_t> caught_half_way{0};

void StepInChild() {
  const uint32_t next = last_epoch.load(std::memory_order_relaxed) + 1;
  last_epoch.store(next, std::memory_order_relaxed);
  page->store(next, std::memory_order_release);
  RenameFrames();
}

void BeforeFork() {
  if (forking.load(std::memory_order_relaxed) == &this_thread) return;
  AcquireAllLocks();
  forking.store(&this_thread, std::memory_order_relaxed);
}

bool EndFork() {
  if (forking.load(std::memory_order_relaxed) != &this_thread) return false;
  forking.store(nullptr, std::memory_order_relaxed);
  ReleaseAllLocks();
  return true;
}

void AfterForkInParent() { EndFork(); }
void AfterForkInChild() {
  if (EndFork() && page != nullptr) StepInChild();
}

void SetUp() {
  const long size = sysconf(_SC_PAGESIZE);
  void* memory =
      mmap(nullptr, static_cast<size_t>(size), PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  static std::atomic<uint32_t> unwiped{0};  // where there is no such page
  if (memory == MAP_FAILED ||
      madvise(memory, static_cast<size_t>(size), MADV_WIPEONFORK) != 0) {
    page = &unwiped;  // fork() is still seen, by the hook
  } else {
    page = new (memory) std::atomic<uint32_t>(0);
  }
  last_epoch.store(1, std::memory_order_relaxed);
  page->store(1, std::memory_order_release);
  pthread_atfork(&BeforeFork, &AfterForkInParent, &AfterForkInChild);
  epoch_page.store(page, std::memory_order_release);
  SetProcessNumber(page);
  before_lock_wait.store([] { CurrentEpoch(); }, std::memory_order_release);
}

}  // namespace

ABSL_CONST_INIT std::atomic<const std::atomic<uint32_t>*> epoch_page{&kUnset};

uint32_t EpochCaughtHalfWay() {
  return caught_half_way.load(std::memory_order_relaxed);
}

uint32_t RenewEpoch() {
  const pid_t self = getpid();
  pid_t other = 0;
  while (
      !renewing.compare_exchange_weak(other, self, std::memory_order_acquire)) {
    if (other == self) other = 0;  // else it is the parent: go past it
  }
  if (epoch_page.load(std::memory_order_acquire) == &kUnset) {
    SetUp();
  } else if (page->load(std::memory_order_acquire) == 0 && EndFork()) {
    StepInChild();  // in a fork hook of the program's that comes before ours
  } else if (page->load(std::memory_order_acquire) == 0) {
    // The fork hook did not run: other threads of the parent may have held
    // locks.
    caught_half_way.store(last_epoch.load(std::memory_order_relaxed),
                          std::memory_order_relaxed);
    ReleaseAllLocks();
    ForgetCentralLists();
    StepInChild();
  }
  renewing.store(0, std::memory_order_release);
  return page->load(std::memory_order_acquire);
}

}  // namespace finalize_internal
