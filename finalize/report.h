// SPDX-License-Identifier: Apache-2.0

// Report: what a drain did, and what it did not run. Info: one pending
// finalizer.
//
//   finalize::DrainOptions options;
//   options.deadline = absl::Now() + absl::Seconds(5);
//   finalize::Report report = registry.Drain(options);
//   if (!report.status().ok()) {
//     LogWarning(report.ToString());  // the totals, and a line for each entry
//   }
//   for (const finalize::ReportEntry& entry : report.entries) {
//     if (entry.outcome == finalize::ReportEntry::Outcome::kUnreached) {
//       Retry(entry.name);  // still pending: the deadline came first
//     }
//   }
//
// The totals are always exact. Entries are kept, if there is memory for them,
// for callbacks that failed, were slow, ran past a deadline, or did not run. A
// drain keeps an entry for every callback only if DrainOptions::entries asks
// for it, because two clock reads and a description cost more than a finalizer
// does.
//
// Order: entries are in the order in which the callbacks ran.
//
// Thread-compatible (const calls may run concurrently).
#ifndef FINALIZE_REPORT_H_
#define FINALIZE_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/cause.h"
#include "finalize/export.h"
#include "finalize/options.h"

namespace finalize {

// One finalizer in a report. Drain() leaves finalizers that are kSkipped or
// kUnreached pending. The drain at the end of the process then destroys them
// without running them, except those that wait for the end of an object.
struct ReportEntry {
  enum class Outcome : uint8_t {
    kRan,     // its callback succeeded
    kFailed,  // its callback threw or returned a non-OK status; see `status`
    kPendingAgain,  // as kFailed, and it is pending again
    kSkipped,       // not run: at_exit is false, and the process ends
    kUnreached,     // not run: the deadline passed before its turn
    kRunning,       // still running when the drain returned
    kRefused,       // never registered: its registry refused it
  };

  // Returns one line, which is broken here:
  //   #42 phase 0 examples/spool.cc:88 "remove spool" RemoveSpool("/tmp/x")
  //       failed on exit after 12ms: PERMISSION_DENIED: ...
  // It never contains a newline, because names and the status are escaped
  // (escaped_text.h). The fields hold the plain text, but `callback` is
  // escaped.
  FINALIZE_EXPORT std::string ToString() const;

  uint64_t number = 0;  // as in Info: unique among finalizers that exist
  std::string name;
  Place place;
  int phase = 0;
  // Its function or type, and the bound arguments if they still exist.
  std::string callback;
  Cause cause = Cause::Kind::kDrain;
  Outcome outcome = Outcome::kRan;
  // How long the callback ran; zero if it was not measured. Exact to a tick of
  // the kernel's clock (1 to 10 ms) if the drain reads a clock only because of
  // a deadline.
  absl::Duration duration;
  absl::Status status;
};

// One pending finalizer: what FinalizerBase::Peek(), Registry::ForEach() and
// PendingByAge() (inspect.h) show.
struct Info {
  // Returns a line such as
  //   #42 phase 0 +3.1s examples/spool.cc:88 "remove spool" RemoveSpool("/x")
  FINALIZE_EXPORT std::string ToString() const;

  uint64_t number = 0;  // unique among finalizers that exist; reused later
  std::string name;
  Place place;
  int phase = 0;
  bool at_exit = true;
  absl::Duration age;    // since it was registered
  std::string callback;  // the function or type, and the bound arguments
  // If a shared_ptr owns the referent: a pointer that keeps it alive. Else
  // null.
  std::shared_ptr<void> referent;
};

struct Report {
  // Returns OK if no callback failed and every one that was left is kSkipped;
  // else the first failure, or DeadlineExceeded.
  FINALIZE_EXPORT absl::Status status() const;
  // Returns one line of totals and one for each entry.
  FINALIZE_EXPORT std::string ToString() const;

  Cause cause = Cause::Kind::kDrain;
  absl::Duration elapsed;
  // How many finalizers had each outcome; those that are kPendingAgain count
  // twice, and those that are kRefused not at all. `ran` counts callbacks that
  // succeeded. Finalizers of child registries count here as well.
  size_t ran = 0;
  size_t failed = 0;                 // kFailed and kPendingAgain
  size_t left = 0;                   // kSkipped, kUnreached and kPendingAgain
  size_t running = 0;                // kRunning
  bool deadline_exceeded = false;    // of the drain, or the limit of a phase
  std::vector<ReportEntry> entries;  // in the order in which they ran
};

// How a drain runs callbacks, and what it reports.
struct DrainOptions {
  enum class Entries : uint8_t { kNotable, kAll };

  // What the callbacks get as their Cause. If IsProcessEnd() is true for it,
  // the drain skips finalizers whose at_exit is false.
  Cause cause = Cause::Kind::kDrain;
  // Without helper threads the drain checks the deadline between callbacks: a
  // callback that overruns it delays the drain and gets an entry. With helper
  // threads the drain returns in time: a callback that is stuck keeps its
  // thread, which does not touch the registry again.
  absl::Time deadline = absl::InfiniteFuture();
  // How long each phase may take. Then the finalizers of the phase that have
  // not started are reported as kUnreached, and the next phase begins. A
  // callback that is stuck keeps its thread, as at the deadline; so callbacks
  // run on a helper thread even if `threads` is 0. If a callback of a lower
  // phase registers a finalizer for the phase that was late, the time of that
  // finalizer counts against the limit of the lower phase.
  absl::Duration phase_limit = absl::InfiniteDuration();
  // If 0, the calling thread runs every callback. Else up to this many helper
  // threads run the callbacks of one phase in parallel; a phase begins when the
  // phase above it has ended.
  int threads = 0;
  Entries entries = Entries::kNotable;
  // A callback that takes longer gets an entry. If infinite, the drain does not
  // read the clock for this.
  absl::Duration slow = absl::InfiniteDuration();
  // The report has at most this many entries; the totals still count all.
  size_t max_entries = 1000;
};

}  // namespace finalize

#endif  // FINALIZE_REPORT_H_
