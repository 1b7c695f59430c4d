// SPDX-License-Identifier: Apache-2.0

// The worker processes of a master (--workers=N). A worker that ends is
// replaced, until the master ends. If the master is killed, its workers get a
// SIGTERM.
#ifndef EXAMPLES_SPOOL_SERVICE_WORKERS_H_
#define EXAMPLES_SPOOL_SERVICE_WORKERS_H_

#include <sys/types.h>

#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace spool_service {

class Workers {
 public:
  // `serve` runs in each worker. It calls `ready` when the worker serves, and
  // returns never.
  using Serve = std::function<void(const std::function<void()>& ready)>;
  explicit Workers(Serve serve) : serve_(std::move(serve)) {}

  // Starts `count` workers, and returns when each is ready. Returns Cancelled
  // after Stop().
  absl::Status Start(int count);
  // Replaces those that have ended, unless Stop() was called.
  void Replace();

  // From another thread. Sends each a SIGTERM, also one that is not ready yet,
  // and allows no further one.
  void Stop();
  // Waits for each, as long as the end of this process has time. Fails if one
  // did not end, or not well.
  absl::Status AwaitEnd();

 private:
  struct Worker {
    int pidfd;
    bool ready = false;
  };

  absl::Status StartOne();
  // Returns the worker, and in `readiness` the pipe that it writes to.
  absl::StatusOr<pid_t> Fork(int* readiness);
  [[noreturn]] void Run(pid_t master, int readiness);
  // How a worker has ended, or nothing if it ended well.
  static std::string Trouble(pid_t process, int status, bool ready);

  const Serve serve_;
  std::mutex mutex_;  // never held while a worker gets ready
  bool stopped_ = false;
  std::unordered_map<pid_t, Worker> processes_;
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_WORKERS_H_
