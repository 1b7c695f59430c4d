// SPDX-License-Identifier: Apache-2.0

// The page /debug/finalizers of a process: what is pending, by place and age,
// what is running and for how long, which requests are in flight, and what has
// failed. It is text, HTML or JSON; how it is served is up to the caller.
//
//   static auto& failures = *new FailureLog;
//   failures.Install();                        // first in main
//   ...
//   DebugOptions options;
//   options.failures = &failures;
//   options.requests = &requests;              // a finalize::InFlight
//   answer.Send("text/html", DebugHtml(InspectProcess(options)));
//
// Pages show names, and callbacks with their bound arguments: paths, for
// example. Serve them where only those may read who may read the log. All of it
// is escaped: no name can add a line to the text or an element to the HTML.
//
// Threads: any, at any time, also while the process ends.
// Failure: throws std::bad_alloc if there is no memory.
// Lifetime: while the page is made, objects may be kept that a pending callback
//   waits for. If their last other owner releases them then, the callback runs
//   on the thread that makes the page.
// Cost: in proportion to what is pending.
#ifndef EXAMPLES_SPOOL_SERVICE_PAGES_DEBUG_PAGES_H_
#define EXAMPLES_SPOOL_SERVICE_PAGES_DEBUG_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "finalize/failure_reporter.h"
#include "finalize/in_flight.h"
#include "finalize/inspect.h"
#include "finalize/report.h"

namespace spool_service {

struct Failure {
  absl::Time when;
  finalize::ReportEntry entry;
};

// The latest failures that the failure reporter was told of: of callbacks,
// except in an explicit Run(), and of registrations.
//
// Thread-safe.
class FailureLog {
 public:
  explicit FailureLog(size_t limit = 50);

  // Installs a failure reporter that adds each failure to this log and then
  // calls `next`; unless given, the library's own one, which writes to standard
  // error. The log may be destroyed while the reporter is installed.
  void Install(finalize::FailureReporter next = nullptr);

  void Add(const finalize::ReportEntry& entry, absl::Time when);

  // The newest first.
  std::vector<Failure> Newest() const;
  // How many were added, with those that are no longer kept.
  size_t added() const;

 private:
  struct Entries {
    explicit Entries(size_t limit_in) : limit(limit_in) {}

    const size_t limit;
    mutable std::mutex mutex;
    std::deque<Failure> kept;  // the newest first
    size_t added = 0;
  };
  static void AddTo(Entries& entries, const finalize::ReportEntry& entry,
                    absl::Time when);

  const std::shared_ptr<Entries> entries_;
};

struct DebugOptions {
  size_t entries = 200;                          // of pending finalizers
  const FailureLog* failures = nullptr;          // may be null
  const finalize::InFlight* requests = nullptr;  // may be null
};

// What is pending that one line of source has registered.
struct PendingGroup {
  finalize::Place place;
  size_t count = 0;
  absl::Duration oldest;
  std::vector<finalize::Info> entries;  // the oldest first; perhaps not all
};

// A process at one moment.
struct ProcessState {
  absl::Time when;
  int pid = 0;
  finalize::Counters counters;
  size_t pending = 0;
  std::vector<PendingGroup> groups;            // the oldest first
  std::vector<finalize::RunningInfo> running;  // the longest first
  size_t in_flight = 0;
  std::vector<finalize::InFlightRequest> requests;  // the oldest first
  bool closed = false;                              // to requests
  size_t failed = 0;              // reported, with those that are not kept
  std::vector<Failure> failures;  // the newest first
};

ProcessState InspectProcess(const DebugOptions& options);

std::string DebugText(const ProcessState& state);
std::string DebugHtml(const ProcessState& state);
std::string DebugJson(const ProcessState& state);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_PAGES_DEBUG_PAGES_H_
