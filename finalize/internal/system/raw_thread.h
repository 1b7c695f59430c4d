// RawThread: a thread of the kernel's that the C library does not know.
//
// It shares the thread-local storage of the thread that starts it, and must not
// use it: what it runs, and all that this calls, is FINALIZE_RAW.
#ifndef FINALIZE_INTERNAL_SYSTEM_RAW_THREAD_H_
#define FINALIZE_INTERNAL_SYSTEM_RAW_THREAD_H_

#include <cstddef>
#include <cstdint>

#include "finalize/internal/system/raw_calls.h"

namespace finalize_internal {

// Starts a thread at `run`, which must not return, on a stack that ends at
// `stack_end`. It blocks every signal. The kernel sets *alive to 0, and wakes
// who sleeps on it (not privately), when the thread has ended. Allocates
// nothing; async-signal-safe. False where the system has no more threads.
FINALIZE_RAW bool StartRawThread(void (*run)(), char* stack_end,
                                 uint32_t* alive);

// Ends the calling one.
[[noreturn]] FINALIZE_RAW void EndRawThread();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_RAW_THREAD_H_
