// VisitObjects: dl_iterate_phdr() that may be called in any forked child.
//
// glibc does not free the lock of dl_iterate_phdr() in the child of a fork
// (dl_load_write_lock; it frees dl_load_lock). A child of a process in which
// another thread was inside of it at that moment would wait for ever. So this
// file counts who is inside. A child that inherits a count which is not zero
// reads the list of the loader without the lock. It makes no system call.
//
// What is not covered: a thread that calls dl_iterate_phdr() itself, as the
// unwinder of gcc 11 and older does for each exception.
//
// A child is known by a number that it does not have in common with its parent
// (fork_epoch.h); before the parent has one, nothing is known.
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

// Of a dl_phdr_info, dlpi_addr, dlpi_name, dlpi_phdr and dlpi_phnum are set.
using ObjectVisitor = int (*)(dl_phdr_info* object, size_t size, void* context);

// Says where the number of this process lies. It is another one in each child,
// or 0 there for the time being. Stays for good.
void SetProcessNumber(const std::atomic<uint32_t>* process_number);

// Calls visit(object) for each loaded object until it does not return 0.
// Returns what the last call returned.
int VisitObjects(ObjectVisitor visit, void* context);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_LOADED_OBJECTS_H_
