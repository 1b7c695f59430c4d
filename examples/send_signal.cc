// SPDX-License-Identifier: Apache-2.0

#include "examples/send_signal.h"

#include <signal.h>
#include <unistd.h>

namespace examples {

bool SendSignal(pid_t process, int signal) {
  if (process <= 1 && process != getpid()) return false;
  return kill(process, signal) == 0;
}

bool SendToGroup(pid_t leader, int signal) {
  if (leader <= 1 || getpgid(leader) != leader) return false;
  return kill(-leader, signal) == 0;
}

}  // namespace examples
