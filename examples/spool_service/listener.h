// SPDX-License-Identifier: Apache-2.0

// The listening socket. Several processes may share it: the workers of a
// master, and the two processes of a reload. So nobody calls shutdown() on it,
// which would end it for all of them.
#ifndef EXAMPLES_SPOOL_SERVICE_LISTENER_H_
#define EXAMPLES_SPOOL_SERVICE_LISTENER_H_

#include <string>

#include "absl/status/statusor.h"
#include "examples/spool_service/settings.h"

namespace spool_service {

// Returns a listening socket, which does not block and is closed on exec: the
// inherited one, or a new one.
absl::StatusOr<int> OpenListener(const Settings& settings);

// Returns "127.0.0.1:8080", with the port that the kernel chose.
std::string ListenerName(int listener);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_LISTENER_H_
