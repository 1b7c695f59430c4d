// SPDX-License-Identifier: Apache-2.0

// VisitObjects is a dl_iterate_phdr() that may be called in any forked child.
//
// glibc does not free the lock of dl_iterate_phdr() in the child of a fork
// (dl_load_write_lock; it frees dl_load_lock). If another thread of the parent
// is inside dl_iterate_phdr() during the fork, a call in the child would wait
// forever. So this file counts the threads inside. A child that inherits a
// count other than zero reads the list of the loader without the lock. Counting
// makes no system call.
//
// Not covered: threads that call dl_iterate_phdr() themselves, as the unwinder
// of gcc 11 and older does for each exception.
//
// A child is recognized by a number that differs from that of its parent
// (fork_epoch.h). A child that was forked before its parent had such a number
// is not recognized.
//
// Thread-safe. In a child that reads without the lock, no other thread may load
// or unload an object meanwhile.
#ifndef FINALIZE_INTERNAL_SYSTEM_LOADED_OBJECTS_H_
#define FINALIZE_INTERNAL_SYSTEM_LOADED_OBJECTS_H_

#include <link.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "finalize/internal/base/requirements.h"

namespace finalize_internal {

// In `object`, dlpi_addr, dlpi_name, dlpi_phdr and dlpi_phnum are set.
using ObjectVisitor = int (*)(dl_phdr_info* object, size_t size, void* context);

// Sets the address of the number of this process. In a child the number is 0 at
// first, and later differs from that of the parent. The address stays valid
// permanently.
void SetProcessNumber(const std::atomic<uint32_t>* process_number);

// Calls visit(object) for each loaded object until it does not return 0.
// Returns what the last call returned.
int VisitObjects(ObjectVisitor visit, void* context);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_LOADED_OBJECTS_H_
