// SPDX-License-Identifier: Apache-2.0

// StartRawThread starts a kernel thread that the C library does not know.
//
// The thread shares the thread-local storage of the thread that starts it, and
// must not use it. So the function that it runs, and every function that this
// one calls, must be FINALIZE_RAW.
#ifndef FINALIZE_INTERNAL_SYSTEM_RAW_THREAD_H_
#define FINALIZE_INTERNAL_SYSTEM_RAW_THREAD_H_

#include <cstddef>
#include <cstdint>

#include "finalize/internal/system/raw_calls.h"

namespace finalize_internal {

// Starts a thread at `run`, which must not return, on a stack that ends at
// `stack_end`. The thread blocks every signal. When it has ended, the kernel
// sets *alive to 0 and wakes the threads that sleep on it by a shared (not
// private) futex. Allocates nothing; async-signal-safe. Returns false if the
// system has no more threads.
FINALIZE_RAW bool StartRawThread(void (*run)(), char* stack_end,
                                 uint32_t* alive);

// Ends the calling thread.
[[noreturn]] FINALIZE_RAW void EndRawThread();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_RAW_THREAD_H_
