// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/subject/child_process.h"

#include <unistd.h>

#include <string>

#include "examples/compare/subject/owner.h"

namespace compare {

pid_t Fork() {
  const pid_t child = fork();
  Check(child >= 0, "fork");
  return child;
}

void BecomeIdleProgram(int exit_code) {
  execl("/proc/self/exe", "idle", kIdleArgument,
        std::to_string(exit_code).c_str(), nullptr);
}

OwnersEnd::OwnersEnd() { Check(pipe(ends_) == 0, "pipe"); }

void OwnersEnd::AwaitInChild() {
  close(ends_[1]);
  char byte;
  Check(read(ends_[0], &byte, 1) == 0, "the owner's pipe");
}

}  // namespace compare
