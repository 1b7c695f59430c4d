// SPDX-License-Identifier: Apache-2.0

// The worker processes of a master (--workers=N). A worker that ends is
// replaced, until the master ends. If the master is killed, its workers get a
// SIGTERM.
#ifndef EXAMPLES_SPOOL_SERVICE_WORKERS_H_
#define EXAMPLES_SPOOL_SERVICE_WORKERS_H_

#include <sys/types.h>

#include <functional>
#include <mutex>
#include <unordered_map>

#include "absl/status/status.h"

namespace spool_service {

class Workers {
 public:
  // `serve` runs in each worker. It calls `ready` when the worker serves, and
  // returns never.
  using Serve = std::function<void(const std::function<void()>& ready)>;
  explicit Workers(Serve serve) : serve_(std::move(serve)) {}

  // Starts `count` workers, and returns when each is ready.
  absl::Status Start(int count);
  // Replaces those that have ended, unless Stop() was called.
  void Replace();

  // Sends each a SIGTERM.
  void Stop();
  // Waits for each, as long as the end of this process has time. Fails if one
  // did not end, or not well.
  absl::Status AwaitEnd();

 private:
  absl::Status StartOne();

  const Serve serve_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::unordered_map<pid_t, int> processes_;  // each with its pidfd
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_WORKERS_H_
