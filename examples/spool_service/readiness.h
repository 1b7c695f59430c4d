// SPDX-License-Identifier: Apache-2.0

// What the service tells systemd (sd_notify). Without systemd, that is without
// NOTIFY_SOCKET in the environment, all of this does nothing.
#ifndef EXAMPLES_SPOOL_SERVICE_READINESS_H_
#define EXAMPLES_SPOOL_SERVICE_READINESS_H_

#include <sys/types.h>

#include <functional>
#include <string>

namespace spool_service {

void NotifyReady();

// A reload begins; it ends with one of the next two.
void NotifyReloading();
// `process` is the service from now on.
void NotifySuccessor(pid_t process);
void NotifyNoSuccessor();

// The service ends, and asks for more time as long as it does: from now on,
// once a second, until the process ends. `status` is called for each message,
// on a thread, and says what the service waits for. Called once.
void NotifyStopping(std::function<std::string()> status);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_READINESS_H_
