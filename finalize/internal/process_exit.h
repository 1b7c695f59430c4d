// The end of the process by exit(): the only atexit hook of the library.
//
//            ArmExitHook             exit() calls the hook
//     kIdle ---------------> kArmed -----------------------> kDraining
//                              ^                                 |
//                              | ArmExitHook                     | drained
//                              +------------ kDrained <----------+
//
// A hook is left registered behind the one that drains. A callback that calls
// exit() runs it, on the same thread: it goes on with the drain. Another
// thread that calls exit() runs it too, and is parked there. If nobody calls
// exit(), it finds kDrained and does nothing.
#ifndef FINALIZE_INTERNAL_PROCESS_EXIT_H_
#define FINALIZE_INTERNAL_PROCESS_EXIT_H_

namespace finalize_internal {

// Makes sure that exit() will drain the process registry. False where the
// process is past its exit handlers.
bool ArmExitHook();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_PROCESS_EXIT_H_
