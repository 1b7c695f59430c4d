// SPDX-License-Identifier: Apache-2.0

// BirthOf: when a file was created, as far as the file system keeps that.

#ifndef TEMPDIR_INTERNAL_SYSTEM_BIRTH_OF_H_
#define TEMPDIR_INTERNAL_SYSTEM_BIRTH_OF_H_

#include <sys/types.h>

#include <cstdint>

namespace tempdir_internal {

struct Birth {
  ino_t inode = 0;
  // Nanoseconds since 1970 on the file system's clock; 0 if it does not say.
  int64_t time = 0;
};

// For the entry `name` of the directory open at `fd`, no link followed; an
// empty name means what is open at `fd` itself. Returns 0 or -errno.
// Async-signal-safe.
int BirthOf(int fd, const char* name, Birth* birth);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_BIRTH_OF_H_
