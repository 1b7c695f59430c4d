// SPDX-License-Identifier: Apache-2.0

// Processes that a scenario starts.
#ifndef EXAMPLES_COMPARE_SUBJECT_CHILD_PROCESS_H_
#define EXAMPLES_COMPARE_SUBJECT_CHILD_PROCESS_H_

#include <sys/types.h>

namespace compare {

// The first argument of a program that only returns its second one.
inline constexpr char kIdleArgument[] = "--internal_idle";

// Forks; ends the process if that fails.
pid_t Fork();

// Replaces this program by one that returns `exit_code`. Returns where that
// cannot be done.
void BecomeIdleProgram(int exit_code);

// Lets a forked child wait for the end of the process that made this object.
//
//   OwnersEnd end;
//   if (Fork() == 0) {
//     end.AwaitInChild();
//     ...
class OwnersEnd {
 public:
  OwnersEnd();
  // Returns when the process that made it has ended, however it did.
  void AwaitInChild();

 private:
  // A pipe to which nothing is written. The owner's end closes when the owner
  // ends: no destructor closes it earlier.
  int ends_[2];
};

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SUBJECT_CHILD_PROCESS_H_
