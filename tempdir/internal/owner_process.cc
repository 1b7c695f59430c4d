#include "tempdir/internal/owner_process.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <new>

namespace tempdir_internal {
namespace {

using Number = std::atomic<uint32_t>;

std::atomic<Number*> page{nullptr};
// The largest number in use, here and in every ancestor.
Number last{0};
// Stands for the page where the kernel cannot wipe one; then a hook does it.
Number unwiped{0};

void WipeInChild() { unwiped.store(0, std::memory_order_relaxed); }

Number* MakePage() {
  const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) {
    if (madvise(memory, size, MADV_WIPEONFORK) == 0) {
      return new (memory) Number(0);
    }
    munmap(memory, size);
  }
  pthread_atfork(nullptr, nullptr, &WipeInChild);
  return &unwiped;
}

Number* ThePage() {
  Number* current = page.load(std::memory_order_acquire);
  if (current != nullptr) return current;
  Number* made = MakePage();
  if (page.compare_exchange_strong(current, made, std::memory_order_acq_rel)) {
    return made;
  }
  if (made != &unwiped) munmap(made, sizeof(Number));
  return current;
}

}  // namespace

uint32_t ThisProcess() {
  Number* number = ThePage();
  uint32_t current = number->load(std::memory_order_acquire);
  if (__builtin_expect(current != 0, true)) return current;
  const uint32_t next = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return number->compare_exchange_strong(current, next,
                                         std::memory_order_acq_rel)
             ? next
             : current;
}

}  // namespace tempdir_internal
