// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/node/fork_epoch.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "absl/base/attributes.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/slab.h"
#include "finalize/internal/node/thread_state.h"
#include "finalize/internal/system/loaded_objects.h"
#include "finalize/internal/system/process_mark.h"

namespace finalize_internal {
namespace {

constexpr std::atomic<uint32_t> kUnset{0};
// epoch_page points to it if the kernel wipes nothing.
constexpr std::atomic<uint32_t> kAskTheKernel{0};
// An advice that no kernel has.
constexpr int kNoAdvice = 0x7ffffff1;

// A copy of the epoch that the kernel does not wipe.
std::atomic<uint32_t> last_epoch{0};
// The process in which one thread sets the page up or renews the epoch; 0 if
// none. It is not a Lock of the table, because there is no fork hook yet. A
// child that finds the pid of its parent here ignores it.
std::atomic<pid_t> renewing{0};
// The thread that holds all locks during its fork. If another thread forked in
// the middle of SetUp, the child registers the hooks a second time; this
// variable makes them act once.
std::atomic<const void*> forking{nullptr};
std::atomic<uint32_t>* page = nullptr;
std::atomic<uint32_t> last_without_hook{0};
std::atomic<uint32_t> newest_unadoptable{0};

// The process to which the epoch belongs, if the kernel wipes nothing. It is
// stored after the epoch, so a process that finds its own mark here reads its
// own epoch.
std::atomic<bool> asks{false};
std::atomic<uint64_t> mark_pid{0};
std::atomic<uint64_t> mark_namespace{0};
std::atomic<uint64_t> mark_start{0};

void KeepMark() {
  const ProcessMark mark = MarkOfThisProcess();
  mark_start.store(mark.start, std::memory_order_release);
  mark_namespace.store(mark.pid_namespace, std::memory_order_release);
  mark_pid.store(mark.pid, std::memory_order_release);
}

bool MarkIsOurs() {
  ProcessMark kept;
  kept.pid = mark_pid.load(std::memory_order_acquire);
  if (kept.pid != static_cast<uint64_t>(getpid())) return false;
  kept.pid_namespace = mark_namespace.load(std::memory_order_acquire);
  kept.start = mark_start.load(std::memory_order_acquire);
  return MayBeSame(kept, MarkOfThisProcess());
}

// Returns the epoch, or 0 if it is that of an ancestor.
uint32_t OwnEpoch() {
  if (asks.load(std::memory_order_acquire) && !MarkIsOurs()) return 0;
  return page->load(std::memory_order_acquire);
}

void StepInChild() {
  const uint32_t next = last_epoch.load(std::memory_order_relaxed) + 1;
  last_epoch.store(next, std::memory_order_relaxed);
  page->store(next, std::memory_order_release);
  if (asks.load(std::memory_order_relaxed)) KeepMark();
  RenameFrames();
  KeepInheritedReachable();
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

// Returns null if the kernel wipes nothing.
std::atomic<uint32_t>* MakeWipedPage() {
  const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  if (madvise(memory, size, kNoAdvice) == 0 ||
      madvise(memory, size, MADV_WIPEONFORK) != 0) {
    munmap(memory, size);
    return nullptr;
  }
  return new (memory) std::atomic<uint32_t>(0);
}

void SetUp() {
  static std::atomic<uint32_t> unwiped{0};
  page = MakeWipedPage();
  const bool ask = page == nullptr;
  if (ask) page = &unwiped;
  last_epoch.store(1, std::memory_order_relaxed);
  page->store(1, std::memory_order_release);
  if (ask) KeepMark();
  asks.store(ask, std::memory_order_release);
  pthread_atfork(&BeforeFork, &AfterForkInParent, &AfterForkInChild);
  epoch_page.store(ask ? &kAskTheKernel : page, std::memory_order_release);
  SetProcessNumber(page);
  before_lock_wait.store([] { CurrentEpoch(); }, std::memory_order_release);
}

}  // namespace

ABSL_CONST_INIT std::atomic<const std::atomic<uint32_t>*> epoch_page{&kUnset};

uint32_t LastEpochForkedWithoutHook() {
  return last_without_hook.load(std::memory_order_relaxed);
}

uint32_t KnownEpoch() {
  const std::atomic<uint32_t>* const known =
      epoch_page.load(std::memory_order_acquire);
  if (known == &kUnset) return 0;
  return known == &kAskTheKernel ? OwnEpoch()
                                 : known->load(std::memory_order_relaxed);
}

uint32_t NumberOfProcess() {
  if (!asks.load(std::memory_order_acquire)) {
    return static_cast<uint32_t>(getpid());
  }
  const ProcessMark mark = MarkOfThisProcess();
  const uint64_t mixed =
      (mark.start * 0x9e3779b97f4a7c15 + mark.pid_namespace) *
      0xbf58476d1ce4e5b9;
  return (static_cast<uint32_t>(mixed >> 32) ^
          static_cast<uint32_t>(mark.pid)) |
         0x80000000;
}

void ForbidAdopting(uint32_t epoch) {
  uint32_t before = newest_unadoptable.load(std::memory_order_relaxed);
  while (before < epoch && !newest_unadoptable.compare_exchange_weak(
                               before, epoch, std::memory_order_relaxed)) {
  }
}

uint32_t NewestUnadoptableEpoch() {
  return newest_unadoptable.load(std::memory_order_relaxed);
}

uint32_t RenewEpoch() {
  if (const uint32_t epoch = KnownEpoch()) return epoch;
  const pid_t self = getpid();
  pid_t other = 0;
  while (
      !renewing.compare_exchange_weak(other, self, std::memory_order_acquire)) {
    if (other == self) other = 0;  // else it is the parent: ignore it
  }
  if (epoch_page.load(std::memory_order_acquire) == &kUnset) {
    SetUp();
  } else if (OwnEpoch() == 0 && EndFork()) {
    // Called by a fork hook of the program that runs before ours.
    StepInChild();
  } else if (OwnEpoch() == 0) {
    // The fork hook did not run: other threads of the parent may have held
    // locks.
    last_without_hook.store(last_epoch.load(std::memory_order_relaxed),
                            std::memory_order_relaxed);
    ReleaseAllLocks();
    ResetCentralListsAfterFork();
    StepInChild();
  }
  renewing.store(0, std::memory_order_release);
  return page->load(std::memory_order_acquire);
}

}  // namespace finalize_internal
