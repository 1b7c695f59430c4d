// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/system/loaded_objects.h"

#include <dlfcn.h>
#include <sys/auxv.h>

#include <atomic>
#include <cstdint>
#include <cstring>

namespace finalize_internal {
namespace {

#ifdef __GLIBC__

// Points to the number of this process; null before there is one.
std::atomic<const std::atomic<uint32_t>*> number{nullptr};

// The number of a process (0: it had none yet), and how many of its threads are
// inside. If it is not the number of this process, it is that of an ancestor,
// whose threads do not exist here.
std::atomic<uint64_t> inside{0};
constexpr uint64_t kOne = 1;
constexpr uint64_t kCount = 0xffffffff;

uint64_t ThisProcess() {
  const std::atomic<uint32_t>* const known =
      number.load(std::memory_order_acquire);
  return known == nullptr
             ? 0
             : uint64_t{known->load(std::memory_order_relaxed)} << 32;
}

uint64_t ProcessOf(uint64_t word) { return word & ~kCount; }

// Returns false if the lock may be held by a thread of an ancestor.
bool Enter(uint64_t self) {
  uint64_t seen = inside.load(std::memory_order_relaxed);
  for (;;) {
    const bool any = (seen & kCount) != 0;
    if (any && ProcessOf(seen) != 0 && ProcessOf(seen) != self) return false;
    const uint64_t next = (any ? seen : self) + kOne;
    if (inside.compare_exchange_weak(seen, next, std::memory_order_relaxed)) {
      return true;
    }
  }
}

// Does nothing in a child that the visitor has forked, because glibc cannot
// release the lock there.
void Leave(uint64_t self) {
  if (self != 0 && ThisProcess() != self) return;
  inside.fetch_sub(kOne, std::memory_order_relaxed);
}

// The program comes first in the list.
void FindProgramHeaders(const link_map& object, bool is_program,
                        dl_phdr_info* info) {
  if (is_program) {
    info->dlpi_phdr = reinterpret_cast<const ElfW(Phdr)*>(getauxval(AT_PHDR));
    info->dlpi_phnum = static_cast<ElfW(Half)>(getauxval(AT_PHNUM));
    return;
  }
  Dl_info found;  // glibc frees the lock of dladdr() in a child
  if (dladdr(object.l_ld, &found) == 0) return;
  const char* const base = static_cast<const char*>(found.dli_fbase);
  if (memcmp(base, ELFMAG, SELFMAG) != 0) return;
  const auto* const header = reinterpret_cast<const ElfW(Ehdr)*>(base);
  info->dlpi_phdr = reinterpret_cast<const ElfW(Phdr)*>(base + header->e_phoff);
  info->dlpi_phnum = header->e_phnum;
}

int VisitWithoutLock(ObjectVisitor visit, void* context) {
  bool is_program = true;
  for (const link_map* object = _r_debug.r_map; object != nullptr;
       object = object->l_next) {
    dl_phdr_info info = {};
    info.dlpi_addr = object->l_addr;
    info.dlpi_name = object->l_name;
    FindProgramHeaders(*object, is_program, &info);
    is_program = false;
    const int result = visit(&info, sizeof(info), context);
    if (result != 0) return result;
  }
  return 0;
}

#endif  // __GLIBC__

}  // namespace

void SetProcessNumber(const std::atomic<uint32_t>* process_number) {
#ifdef __GLIBC__
  number.store(process_number, std::memory_order_release);
#else
  (void)process_number;
#endif
}

int VisitObjects(ObjectVisitor visit, void* context) {
#ifdef __GLIBC__
  const uint64_t self = ThisProcess();
  if (!Enter(self)) return VisitWithoutLock(visit, context);
  const int result = dl_iterate_phdr(visit, context);
  Leave(self);
  return result;
#else
  return dl_iterate_phdr(visit, context);
#endif
}

}  // namespace finalize_internal
