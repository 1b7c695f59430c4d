// Forked: fork() and its kin, in tests.
//
//   const pid_t child = Forked(fork());
//
// Each call is asserted: the -1 of one that failed is no process, and handed
// to kill() it is all of them. tools/check_signals finds those that are not.
#ifndef TESTS_SUPPORT_FORKED_H_
#define TESTS_SUPPORT_FORKED_H_

#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

namespace finalize_test {

// Returns `result`, in the child (0) and in the parent. If the call failed,
// says so and why on standard error and fails the test by abort().
inline pid_t Forked(pid_t result, const char* failure = "no child process") {
  if (result >= 0) return result;
  perror(failure);
  abort();
}

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_FORKED_H_
