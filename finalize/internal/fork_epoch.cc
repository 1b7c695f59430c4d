#include "finalize/internal/fork_epoch.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "absl/base/attributes.h"
#include "finalize/internal/lock.h"
#include "finalize/internal/slab.h"

namespace finalize_internal {
namespace {

constexpr std::atomic<uint32_t> kUnset{0};

// The epoch's own copy, which the kernel does not wipe.
std::atomic<uint32_t> last_epoch{0};
// Set while one thread sets the page up. Not a Lock of the table: nobody holds
// it across user code, and a child steps past it (see StepInChild).
std::atomic<bool> setting_up{false};
std::atomic<uint32_t>* page = nullptr;

void StepInChild() {
  const uint32_t next = last_epoch.load(std::memory_order_relaxed) + 1;
  last_epoch.store(next, std::memory_order_relaxed);
  page->store(next, std::memory_order_release);
}

void BeforeFork() { AcquireAllLocks(); }
void AfterForkInParent() { ReleaseAllLocks(); }
void AfterForkInChild() {
  ReleaseAllLocks();
  if (page != nullptr) StepInChild();
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
}

}  // namespace

ABSL_CONST_INIT std::atomic<const std::atomic<uint32_t>*> epoch_page{&kUnset};

uint32_t RenewEpoch() {
  const bool first = epoch_page.load(std::memory_order_acquire) == &kUnset;
  while (setting_up.exchange(true, std::memory_order_acquire)) {
    // In a child of a raw clone() there is nobody to wait for.
    if (!first) break;
  }
  if (epoch_page.load(std::memory_order_acquire) == &kUnset) {
    SetUp();
  } else if (page->load(std::memory_order_acquire) == 0) {
    // The fork hook did not run: other threads of the parent may have held
    // locks.
    ReleaseAllLocks();
    ForgetCentralLists();
    StepInChild();
  }
  setting_up.store(false, std::memory_order_release);
  return page->load(std::memory_order_acquire);
}

}  // namespace finalize_internal
