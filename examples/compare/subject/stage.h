// SPDX-License-Identifier: Apache-2.0

// What the process under test tells the tool while it runs.
//
// Before each step a scenario says what happens next:
//
//   {
//     Dir dir = MakeDir<Dir>();
//     Stage("at scope end");
//   }
//   Stage("at exit");
//
// Each Stage() is sent to the tool as a Mark: the time, and whether the watched
// directory exists. A directory that exists at one mark and does not exist at
// the next one (or at the end of the process) was removed in the step between.
#ifndef EXAMPLES_COMPARE_SUBJECT_STAGE_H_
#define EXAMPLES_COMPARE_SUBJECT_STAGE_H_

#include <cstdint>
#include <string>

namespace compare {

// The descriptor to which marks are written; a forked child has it too.
inline constexpr int kMarkDescriptor = 3;

struct Mark {
  int64_t nanos;  // MonotonicNanos()
  int32_t present;
  char stage[52];  // what happens next, with a NUL at the end
};

int64_t MonotonicNanos();

// Watches `path` from now on.
void Watch(const std::string& path);

// Tells the tool what happens next. In a program that the tool did not start
// it does nothing.
void Stage(const char* next);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SUBJECT_STAGE_H_
