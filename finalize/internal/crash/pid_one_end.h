// SPDX-License-Identifier: Apache-2.0

// EndPidOneAt ends PID 1 of a PID namespace when nothing else does.
//
// SIGKILL from inside its namespace does not end it, nor does any other signal
// that it does not handle. So a bare thread of the kernel (raw_thread.h) waits
// for the moment and then calls exit_group().
#ifndef FINALIZE_INTERNAL_CRASH_PID_ONE_END_H_
#define FINALIZE_INTERNAL_CRASH_PID_ONE_END_H_

#include <cstdint>

namespace finalize_internal {

// Ends the process with `status` at `at_nanos` of CLOCK_MONOTONIC. Called once
// in a process. Does nothing if the system has no thread for it.
// Async-signal-safe.
void EndPidOneAt(uint64_t at_nanos, int status);

// The process is not to end by it any more. Does nothing if EndPidOneAt() was
// not called. Any thread may call it. Async-signal-safe.
void CancelPidOneEnd();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_PID_ONE_END_H_
