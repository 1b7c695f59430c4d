// SPDX-License-Identifier: Apache-2.0

// RefuseCalls makes system calls fail by a real seccomp filter, as an old
// kernel (ENOSYS) or the filter of a container (EPERM) does.
//
//   const std::string said = RefuseCalls({SYS_statx}, ENOSYS);
//
// Any user may call it. The filter stays until the process ends, and also
// applies to threads and children that the calling thread starts. So use it in
// a child.
#ifndef TESTS_SUPPORT_REFUSED_CALLS_H_
#define TESTS_SUPPORT_REFUSED_CALLS_H_

#include <string>
#include <vector>

namespace finalize_test {

// The number of openat2, which older C libraries do not name.
inline constexpr int kOpenat2Call = 437;

// Makes `calls` fail with `error` from now on. Returns what went wrong, or an
// empty string.
std::string RefuseCalls(const std::vector<int>& calls, int error);

// Makes madvise fail with `error` for this advice alone: an older kernel knows
// the others. What a sanitizer asks for at its start is not refused.
std::string RefuseAdvice(int advice, int error);

// Mounts an empty file system over /proc, in a new mount namespace. Only for
// the superuser. Returns what went wrong, or an empty string.
std::string HideProc();

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_REFUSED_CALLS_H_
