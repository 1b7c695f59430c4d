// SPDX-License-Identifier: Apache-2.0

// SendSignal: the one place from which the examples send signals.
//
// kill() takes any number, and -1, which a failed fork() returns, stands for
// every process of the user. These take the number of one process.
#ifndef EXAMPLES_SEND_SIGNAL_H_
#define EXAMPLES_SEND_SIGNAL_H_

#include <sys/types.h>

namespace examples {

// Sends to this process or to `process`, which must be greater than 1. Returns
// false if it is not, or if sending fails.
bool SendSignal(pid_t process, int signal);

// Sends to the group that `leader`, a process greater than 1, leads. Returns
// false if it leads none, or if sending fails.
bool SendToGroup(pid_t leader, int signal);

}  // namespace examples

#endif  // EXAMPLES_SEND_SIGNAL_H_
