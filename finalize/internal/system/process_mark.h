// SPDX-License-Identifier: Apache-2.0

// A ProcessMark tells a process from its ancestors by what the kernel reports
// about it. It is used if the kernel does not wipe pages in a child
// (fork_epoch.h). It takes five system calls; reading such a page takes none.
//
// The pid is not enough. A PID 1 may clone a child into a new namespace, in
// which the child is PID 1, too. The pid of an ancestor that has ended may be
// given to a descendant. So the namespace of the pid and the start time of the
// process are compared as well.
#ifndef FINALIZE_INTERNAL_SYSTEM_PROCESS_MARK_H_
#define FINALIZE_INTERNAL_SYSTEM_PROCESS_MARK_H_

#include <cstdint>

namespace finalize_internal {

// A field is 0 if it is unknown: without /proc, or without a free descriptor.
struct ProcessMark {
  uint64_t pid;
  uint64_t pid_namespace;  // the inode
  uint64_t start;          // in clock ticks since the system started
};

// Async-signal-safe.
ProcessMark MarkOfThisProcess();

// Returns whether all fields that both marks know are equal.
bool MayBeSame(const ProcessMark& a, const ProcessMark& b);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_PROCESS_MARK_H_
