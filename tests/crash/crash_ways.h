// SPDX-License-Identifier: Apache-2.0

// Ways to crash, for processes under test.
#ifndef TESTS_CRASH_CRASH_WAYS_H_
#define TESTS_CRASH_CRASH_WAYS_H_

#include <string_view>

namespace finalize_test {

// Crashes by its name: "segv", "bus", "ill", "fpe", "abort", which come from
// within; "raise-" and one of these, which are sent; "overflow" of the stack;
// "terminate"; "assert"; "malloc", which finds its heap destroyed. Returns if
// there is no such way, or if the process survives it.
void CrashBy(std::string_view way);

// The signal of that way.
int CrashSignal(std::string_view way);

}  // namespace finalize_test

#endif  // TESTS_CRASH_CRASH_WAYS_H_
