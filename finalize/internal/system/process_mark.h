// Tells a process from its ancestors by what the kernel says of it. For kernels
// that wipe no page in a child (fork_epoch.h): it takes five system calls,
// where a look at such a page takes none.
//
// The pid is not enough. A PID 1 may clone a child into a namespace of its own,
// where that child is PID 1, too; and the pid of an ancestor that has ended may
// be given to a descendant. So the namespace of the pid and the moment at which
// the process started are compared as well.
#ifndef FINALIZE_INTERNAL_SYSTEM_PROCESS_MARK_H_
#define FINALIZE_INTERNAL_SYSTEM_PROCESS_MARK_H_

#include <cstdint>

namespace finalize_internal {

// What is unknown is 0: without /proc, or without a free descriptor.
struct ProcessMark {
  uint64_t pid;
  uint64_t pid_namespace;  // the inode
  uint64_t start;          // in clock ticks since the system started
};

// Async-signal-safe.
ProcessMark MarkOfThisProcess();

// Whether nothing that both marks know differs.
bool MayBeSame(const ProcessMark& a, const ProcessMark& b);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_PROCESS_MARK_H_
