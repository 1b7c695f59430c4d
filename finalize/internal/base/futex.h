// SPDX-License-Identifier: Apache-2.0

// FutexSleep sleeps on a 32-bit word until it changes. The library waits for
// other threads by it, because it needs no lock that a fork could copy while it
// is held.
#ifndef FINALIZE_INTERNAL_BASE_FUTEX_H_
#define FINALIZE_INTERNAL_BASE_FUTEX_H_

#include <cstdint>

namespace finalize_internal {

// Sleeps while *word == value, for `nanos` at most; may return early.
void FutexSleep(uint32_t* word, uint32_t value, uint64_t nanos);

// Wakes all threads that sleep on `word`.
void FutexWake(uint32_t* word);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_FUTEX_H_
