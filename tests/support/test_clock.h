// SPDX-License-Identifier: Apache-2.0

// The monotonic clock of a program that passes deadlines on purpose: on a busy
// machine, a short deadline is over before the callback that should pass it has
// begun.
//
//   options.deadline = absl::Hours(1);
//   AtExit([] {
//     PutClockForward(absl::Hours(2));  // the watchdog ends the process
//     for (;;) pause();
//   });
//
// The linker has every object of the program call this clock. The guard at the
// end (finalize/internal/copies/end_guard.cc) asks the kernel itself: it has
// the real clock.
#ifndef TESTS_SUPPORT_TEST_CLOCK_H_
#define TESTS_SUPPORT_TEST_CLOCK_H_

#include "absl/time/time.h"

namespace finalize_test {

// Who sleeps until a time notices within some milliseconds. ExitOptions::notice
// passes, too: a test that expects no message sets it to infinity.
void PutClockForward(absl::Duration duration);

// From now on only PutClockForward moves the clock. For a drain that has to end
// before the watchdog comes.
void StopClock();

// Has `observe` called after each syscall() of the program, with the number and
// the result of the call.
void ObserveCalls(void (*observe)(long number, long result));

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_TEST_CLOCK_H_
