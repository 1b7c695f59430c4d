// SPDX-License-Identifier: Apache-2.0

// Forked checks the result of fork() and similar calls in tests.
//
//   const pid_t child = Forked(fork());
//
// Each such call must be checked, because -1, the result of a failed call,
// means all processes when it is passed to kill(). tools/check_signals finds
// calls that are not checked.
#ifndef TESTS_SUPPORT_FORKED_H_
#define TESTS_SUPPORT_FORKED_H_

#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

namespace finalize_test {

// Returns `result`, in the child (0) and in the parent. If the call failed,
// prints the reason on standard error and fails the test by abort().
inline pid_t Forked(pid_t result, const char* failure = "no child process") {
  if (result >= 0) return result;
  perror(failure);
  abort();
}

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_FORKED_H_
