// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/scenarios/ending.h"

#include <string.h>
#include <sys/wait.h>

#include "absl/strings/str_cat.h"

namespace compare {

Ending EndingOf(int wait_status) {
  return WIFSIGNALED(wait_status) ? DiesBy(WTERMSIG(wait_status))
                                  : Exits(WEXITSTATUS(wait_status));
}

std::string ToString(Ending ending) {
  if (ending.signal == 0) return absl::StrCat("exit ", ending.exit_code);
  const char* name = sigabbrev_np(ending.signal);
  return name != nullptr ? absl::StrCat("SIG", name)
                         : absl::StrCat("signal ", ending.signal);
}

}  // namespace compare
