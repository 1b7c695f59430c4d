// SPDX-License-Identifier: Apache-2.0

// Whether exit() and quick_exit() of this C library take a lock of their own,
// for good: glibc 2.41 and newer.
#ifndef TESTS_SUPPORT_EXIT_LOCK_H_
#define TESTS_SUPPORT_EXIT_LOCK_H_

#include <gnu/libc-version.h>

#include <cstdlib>
#include <cstring>

namespace finalize_test {

inline bool ExitHasALock() {
  const char* const version = gnu_get_libc_version();
  const int major = atoi(version);
  const char* const dot = strchr(version, '.');
  const int minor = dot != nullptr ? atoi(dot + 1) : 0;
  return major > 2 || (major == 2 && minor >= 41);
}

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_EXIT_LOCK_H_
