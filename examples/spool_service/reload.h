// SPDX-License-Identifier: Apache-2.0

// A reload: the program, which may be a new version, is started anew and
// inherits the listening socket; this process finishes its requests and ends.
// No connection is refused meanwhile. predecessor.h has the other side.
//
// One thread reloads:
//
//   absl::Status served = reload.StartSuccessor(settings, listener);
//   if (served.ok()) ... reload.HandOver() ...
//
// If this process is asked to end before HandOver, the successor ends with it.
#ifndef EXAMPLES_SPOOL_SERVICE_RELOAD_H_
#define EXAMPLES_SPOOL_SERVICE_RELOAD_H_

#include <sys/types.h>

#include <condition_variable>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "examples/spool_service/settings.h"

namespace spool_service {

class Reload {
 public:
  // Remembers where the program is now: a new version may replace the file.
  Reload();

  // Starts the program, and returns when it serves. Otherwise nothing of it is
  // left: Unavailable if it has ended, DeadlineExceeded if it does not serve
  // within settings.grace, Cancelled after Stop().
  absl::Status StartSuccessor(const Settings& settings, int listener);
  // Makes the successor the service, and returns it.
  absl::StatusOr<pid_t> HandOver();
  // Ends the successor instead, and returns when nothing of it is left.
  void EndSuccessor();

  // From another thread, at the end of this process. Tells a successor that is
  // not the service to end, and allows no further one.
  void Stop();
  // Waits until it has ended, as long as the end of this process has time.
  absl::Status AwaitEnd();

 private:
  absl::Status Begin(const Settings& settings, int listener);
  absl::Status AwaitServing(absl::Duration limit);
  void AwaitSuccessorsEnd();
  // Both with mutex_ held. Send() reaches what it may have started, too.
  void Tell();
  void Send(int signal);

  const std::string program_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool stopped_ = false;
  // 0: there is none, or it is the service. Waited for with mutex_ held.
  pid_t successor_ = 0;
  bool told_ = false;  // to end
  // Of the thread that reloads.
  int socket_ = -1;
  int pidfd_ = -1;
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_RELOAD_H_
