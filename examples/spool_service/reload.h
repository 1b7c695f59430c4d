// SPDX-License-Identifier: Apache-2.0

// A reload: the program, which may be a new version, is started anew and
// inherits the listening socket; this process finishes its requests and ends.
// No connection is refused meanwhile.
#ifndef EXAMPLES_SPOOL_SERVICE_RELOAD_H_
#define EXAMPLES_SPOOL_SERVICE_RELOAD_H_

#include <sys/types.h>

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "examples/spool_service/settings.h"

namespace spool_service {

class Reload {
 public:
  // Remembers where the program is now: a new version may replace the file.
  Reload();

  // Returns the process that serves from now on. Fails if it does not start;
  // then this one is to continue.
  absl::StatusOr<pid_t> StartSuccessor(const Settings& settings, int listener);
  // Ends one that is being started. From another thread: the service ends.
  void Cancel();

 private:
  const std::string program_;
  std::atomic<pid_t> starting_{0};
};

// The other side: tells the process that started this one, if one did, that
// this one serves.
void TellPredecessor();

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_RELOAD_H_
