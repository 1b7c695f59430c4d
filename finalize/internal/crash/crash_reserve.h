// SPDX-License-Identifier: Apache-2.0

// Descriptors in reserve for the callbacks of a crash.
#ifndef FINALIZE_INTERNAL_CRASH_CRASH_RESERVE_H_
#define FINALIZE_INTERNAL_CRASH_CRASH_RESERVE_H_

namespace finalize_internal {

// Opens them for this process. Returns false if the process has none left.
bool ReserveDescriptors();

// Closes them, so that some are free. Async-signal-safe.
void FreeDescriptors();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CRASH_RESERVE_H_
