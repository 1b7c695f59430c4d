// The end of the process by exit(): the only atexit hook of the library.
//
//            ArmExitHook             exit() calls the hook
//     kIdle -------> kArming -> kArmed ------------------> kDraining
//                       ^                                      |
//                       | ArmExitHook                          | drained
//                       +------------- kDrained <--------------+
//
// The state carries the epoch of its process: a child of a fork begins anew,
// whatever its parent was at.
//
// Hooks are left registered behind the one that drains. A callback that calls
// exit() runs one, on the same thread: it goes on with the drain. Another
// thread that calls exit() runs one too, and is parked there. If nobody calls
// exit(), they find kDrained and do nothing.
#ifndef FINALIZE_INTERNAL_PROCESS_EXIT_H_
#define FINALIZE_INTERNAL_PROCESS_EXIT_H_

namespace finalize_internal {

// Makes sure that exit() will drain what is in the process registry at this
// moment. False where the process is past its exit handlers, or past the
// deadline of its exit drains.
bool ArmExitHook();

// Whether this thread is in exit(), and the exit drain has begun.
bool InExit();

// Whether hooks were ever added, and this thread is not in exit().
bool AwaitsExit();

// For dlclose() of the module that holds the library: its hooks, which
// dlclose() runs, do nothing from now on, and there are none to be had.
void RetireExitHooks();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_PROCESS_EXIT_H_
