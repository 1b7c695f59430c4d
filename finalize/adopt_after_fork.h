// AdoptAfterFork: a daemonising child takes over what its parent registered.
//
//   #include "finalize/adopt_after_fork.h"
//
//   tempdir::TempDir spool = ...;
//   finalize::AtExit("remove the pid file", RemovePidFile);
//
//   const pid_t child = fork();
//   if (child != 0) _exit(0);             // not exit(): the child has it all
//   absl::StatusOr<size_t> adopted = finalize::AdoptAfterFork();
//   if (!adopted.ok()) LogAndAbort(adopted.status());
//
// daemon(3) forks and leaves the parent by _exit: call AdoptAfterFork() when it
// has returned. After a double fork call it once, in the last child.
//
// The parent has to leave by _exit, and so has every process between. Where it
// runs on, or ends by exit(), it runs what it registered, and so does the
// child: twice.
//
// What is adopted: every pending finalizer of every registry, the process
// registry first of all, whether it waits for an object's end or not, every
// callback of a weak reference, and every temp dir of either style. Order,
// phase, name and age are kept. Handles, lifetimes, registries and temp dirs
// made before the fork work in the child as they did in the parent, and exit()
// of the child drains once. What waits for the end of a thread of the parent
// other than the one that forked waits for exit().
//
// What is not: a callback that another thread of the parent was running at the
// fork. Nobody ends it here; it is not run again, its handle is dead, its
// callable is leaked, and the failure reporter hears of it ("left"). So it is
// with a callback that forks and then adopts: it goes on in the child, and the
// drain that runs it stops there, its rest pending.
//
// When: in the child, first of all, and before it starts threads. A child that
// has registered anything, has looked at a registry or has seen the end of an
// inherited registry, scope, weak reference with a callback, or object with
// either has let go of what it inherited: FailedPrecondition, and nothing is
// changed. The same holds in a process that is not a forked child, in one that
// has adopted, and in the child of a raw clone() or _Fork(), which runs no fork
// hooks and may have caught the lists in the middle of a change.
//
// Not adopted with them: threads, exit hooks (install them again,
// exit_hooks.h), and what other libraries keep for themselves.
//
// Confined to one thread: no other may use the library meanwhile.
#ifndef FINALIZE_ADOPT_AFTER_FORK_H_
#define FINALIZE_ADOPT_AFTER_FORK_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "finalize/requirements.h"

namespace finalize {

// Returns how many pending finalizers, callbacks of weak references included,
// the calling process has adopted. Without memory it may not say what was
// running.
// ResourceExhausted, with nothing changed, where there is no memory for an
// exit hook.
absl::StatusOr<size_t> AdoptAfterFork();

}  // namespace finalize

#endif  // FINALIZE_ADOPT_AFTER_FORK_H_
