// Refuses system calls, as an old kernel does (ENOSYS) or the filter of a
// container (EPERM): a real seccomp filter.
//
//   const std::string said = RefuseCalls({SYS_statx}, ENOSYS);
//
// Any user may do so. The filter stays until the process ends, and the threads
// and children that the calling thread starts have it, too: use it in a child.
#ifndef TESTS_SUPPORT_REFUSED_CALLS_H_
#define TESTS_SUPPORT_REFUSED_CALLS_H_

#include <string>
#include <vector>

namespace finalize_test {

// The number of openat2, which C libraries older than it do not name.
inline constexpr int kOpenat2Call = 437;

// From here on `calls` fail with `error`. Returns what went wrong, or nothing.
std::string RefuseCalls(const std::vector<int>& calls, int error);

// Puts an empty file system over /proc, in a mount namespace of its own. Only
// for the superuser. Returns what went wrong, or nothing.
std::string HideProc();

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_REFUSED_CALLS_H_
