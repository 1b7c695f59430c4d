// Report: what a drain did, and what it left.
//
//   finalize::Report report = registry.Drain();
//   if (!report.status().ok()) LOG_WARNING(report.ToString());
//
// The totals are always exact. Entries are kept, as far as memory goes, for
// what failed, was slow, ran past a deadline or was left; for everything only
// where DrainOptions::entries asks for it, since two clock reads and a
// description cost more than a finalizer does.
//
// A Report is a value; it is thread-compatible (const calls may run
// concurrently).
#ifndef FINALIZE_REPORT_H_
#define FINALIZE_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/cause.h"
#include "finalize/options.h"

namespace finalize {

// One finalizer in a report.
struct ReportEntry {
  enum class Outcome : uint8_t {
    kRan,     // its callback succeeded
    kFailed,  // its callback threw or returned a non-OK status; see `status`
    kPendingAgain,  // as kFailed, and it is pending again
    kSkipped,       // left pending: at_exit is false, and the process ends
    kUnreached,     // left pending: the deadline passed before its turn
    kRunning,       // still running when the drain returned
    kRefused,       // never registered: its registry was closed, or no memory
  };

  // Returns a line such as
  //   #42 phase 0 examples/spool.cc:88 "remove spool" RemoveTree("/tmp/x")
  //   failed on exit after 12ms: PERMISSION_DENIED: ...
  // (in one line, whatever the names and the status hold: escaped_text.h). The
  // fields have the plain text; `callback` is escaped.
  std::string ToString() const;

  uint64_t number = 0;  // as in a dump; unique among finalizers that exist
  std::string name;
  Place place;
  int phase = 0;
  std::string callback;  // its function or type; arguments while unspent
  Cause cause = Cause::Kind::kDrain;
  Outcome outcome = Outcome::kRan;
  // Of the callback; zero where it was not measured. To a tick of the kernel's
  // clock (1 to 10 ms) where nothing but a deadline has the drain look at one.
  absl::Duration duration;
  absl::Status status;
};

struct Report {
  // OK if nothing failed and nothing but kSkipped was left; else the first
  // failure, or DeadlineExceeded.
  absl::Status status() const;
  // Returns one line of totals and one for each entry.
  std::string ToString() const;

  Cause cause = Cause::Kind::kDrain;
  absl::Duration elapsed;
  // How many finalizers had each outcome. `ran` counts those that succeeded;
  // one of a child registry counts here as well.
  size_t ran = 0;
  size_t failed = 0;                 // kFailed and kPendingAgain
  size_t left = 0;                   // kSkipped, kUnreached and kPendingAgain
  size_t running = 0;                // kRunning
  bool deadline_exceeded = false;    // that of the drain, or a phase its limit
  std::vector<ReportEntry> entries;  // in the order in which they ran
};

// How a drain goes about it.
struct DrainOptions {
  enum class Entries : uint8_t { kNotable, kAll };

  Cause cause = Cause::Kind::kDrain;
  // Without helper threads the deadline is checked between callbacks, and a
  // callback that overruns it makes the drain late and gets an entry. With
  // them the drain returns in time: a callback that is stuck stays with its
  // thread, which does not touch the registry again.
  absl::Time deadline = absl::InfiniteFuture();
  // How long each phase may take. What a phase has not begun by then is passed
  // by and reported as left, and the next phase begins; a callback that is
  // stuck is treated as at the deadline: callbacks run on a helper thread for
  // that, even if `threads` is 0. What a callback of a lower phase then
  // registers for the late one runs in the time of the lower one.
  absl::Duration phase_limit = absl::InfiniteDuration();
  // 0: the calling thread runs every callback. Else up to so many helper
  // threads run those of one phase in parallel; a phase begins when the one
  // above it has ended.
  int threads = 0;
  Entries entries = Entries::kNotable;
  // A callback that takes longer gets an entry. Infinite: no clock is read.
  absl::Duration slow = absl::InfiniteDuration();
  // At most so many entries; the totals count on.
  size_t max_entries = 1000;
};

}  // namespace finalize

#endif  // FINALIZE_REPORT_H_
