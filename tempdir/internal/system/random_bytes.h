// SPDX-License-Identifier: Apache-2.0

// RandomBytes: bytes that an attacker cannot guess, whatever the system
// refuses.
//
// They are the kernel's: from getrandom, or, if a filter refuses that, from
// /dev/urandom. If there is neither (an empty /dev), they are computed from the
// 16 random bytes that the kernel gave to the program at its start (AT_RANDOM),
// the clock and the process: without those 16 bytes they cannot be guessed.

#ifndef TEMPDIR_INTERNAL_SYSTEM_RANDOM_BYTES_H_
#define TEMPDIR_INTERNAL_SYSTEM_RANDOM_BYTES_H_

#include <cstddef>

namespace tempdir_internal {

// Fills `bytes` with at most 256 bytes. Thread-safe, async-signal-safe; leaves
// errno as it is.
void FillRandomBytes(unsigned char* bytes, size_t size);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_RANDOM_BYTES_H_
