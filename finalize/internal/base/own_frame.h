// SPDX-License-Identifier: Apache-2.0

// FINALIZE_OWN_FRAME marks a function that is never inlined, not even by
// link-time optimization.
//
// It is for each function that uses a thread-local variable and can be called
// by a function that also calls user code. A callback may return on another
// thread (on a fiber, for example), but compilers keep the address of a
// thread-local variable for a whole function. So the access needs a separate
// function.
#ifndef FINALIZE_INTERNAL_BASE_OWN_FRAME_H_
#define FINALIZE_INTERNAL_BASE_OWN_FRAME_H_

#ifdef __clang__
#define FINALIZE_OWN_FRAME __attribute__((noinline))
#else
#define FINALIZE_OWN_FRAME __attribute__((noinline, noclone))
#endif

#endif  // FINALIZE_INTERNAL_BASE_OWN_FRAME_H_
