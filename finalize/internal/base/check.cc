// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/base/check.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace finalize_internal {

void Fatal(const char* sentence) {
  char prefix[] = "finalize: ";
  char newline[] = "\n";
  iovec parts[] = {{prefix, sizeof(prefix) - 1},
                   {const_cast<char*>(sentence), strlen(sentence)},
                   {newline, 1}};
  // If standard error is closed, the message is lost.
  (void)!writev(STDERR_FILENO, parts, 3);
  std::abort();
}

}  // namespace finalize_internal
