// SPDX-License-Identifier: Apache-2.0

// AdoptAfterFork lets a forked child take over what its parent registered, for
// a process that daemonizes.
//
//   #include "finalize/adopt_after_fork.h"
//
//   tempdir::TempDir spool = ...;
//   finalize::AtExit("remove the pid file", RemovePidFile);
//
//   const pid_t child = fork();
//   if (child != 0) _exit(0);  // not exit(): the child owns everything now
//   absl::StatusOr<size_t> adopted = finalize::AdoptAfterFork();
//   if (!adopted.ok()) LogAndAbort(adopted.status());
//
// daemon(3) forks and ends the parent by _exit: call AdoptAfterFork() when it
// has returned. After a double fork, call it once, in the last child.
//
// Order: adopt first of all in the child, before it starts threads. Returns
//   FailedPrecondition, and changes nothing, if the child has used the library
//   before, or is the child of a raw clone() or _Fork().
// Threads: no other thread may use the library meanwhile.
// Failure: see the function. A status other than OK changes nothing.
// Lifetime: the parent must end by _exit, and so must every process in between.
//   A parent that continues, or ends by exit(), runs what it registered, and
//   the child runs it as well.
// What is adopted: every pending finalizer of every registry, every callback of
//   a weak reference, every temp dir. Order, phase, name and age are unchanged;
//   handles, lifetimes and registries work as in the parent.
//
// docs/fork.md, "Daemons", lists exactly what is adopted, what is not, and what
// counts as a use.
//
// Not covered: a callback that another thread of the parent was running at the
// time of the fork (it does not run again; the failure reporter receives it); a
// callback that forks and then adopts (the drain that runs it stops there);
// threads; exit hooks (install them again, exit_hooks.h); what other libraries
// keep for themselves.
//
// Confined to one thread.
#ifndef FINALIZE_ADOPT_AFTER_FORK_H_
#define FINALIZE_ADOPT_AFTER_FORK_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "finalize/export.h"
#include "finalize/internal/base/requirements.h"

namespace finalize {

// Returns how many pending finalizers the calling process has adopted,
// callbacks of weak references included. If memory is short, it may not report
// which callbacks were running. Returns ResourceExhausted, and changes nothing,
// if there is no memory for an exit handler.
FINALIZE_EXPORT absl::StatusOr<size_t> AdoptAfterFork();

}  // namespace finalize

#endif  // FINALIZE_ADOPT_AFTER_FORK_H_
