// FINALIZE_OWN_FRAME: not inlined, whatever the linker knows.
//
// For every function that uses a variable of this thread and that code may call
// which also calls the user's. A callback may come back on another thread (on a
// fibre, say), and compilers keep the address of a thread's variable for a
// whole function: so that function is one of its own.
#ifndef FINALIZE_INTERNAL_BASE_OWN_FRAME_H_
#define FINALIZE_INTERNAL_BASE_OWN_FRAME_H_

#ifdef __clang__
#define FINALIZE_OWN_FRAME __attribute__((noinline))
#else
#define FINALIZE_OWN_FRAME __attribute__((noinline, noclone))
#endif

#endif  // FINALIZE_INTERNAL_BASE_OWN_FRAME_H_
