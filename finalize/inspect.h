// SPDX-License-Identifier: Apache-2.0

// What this process still has to finalize, what it is finalizing now, and what
// it has done: the data of a debug page.
//
//   puts(finalize::DebugText().c_str());
//
//   for (const finalize::PendingPlace& place : finalize::PendingByPlace()) {
//     if (place.count > 1000) Warn(place.ToString());  // most likely a leak
//   }
//
// Each function has a form for one registry, and a form for the whole process.
// The second form includes the callbacks of weak references (weak_ref.h), which
// are in no registry. Registry::ForEach() and Registry::Dump() show what is
// pending in the order of a drain; FinalizerBase::Peek() shows one finalizer.
//
// Threads: any, also in a callback or in the observer, while other threads
//   register, run and drain. The functions hold no lock when they return. The
//   result shows each registry at one moment, but not all registries at the
//   same moment.
// Failure: if there is no memory for the result, throws std::bad_alloc and
//   changes nothing. Count() needs no memory.
// Lifetime: a registry must not be destroyed while it is inspected.
// Fork: a child sees only what the child has registered; what it inherited is
//   counted as inherited.
// Cost: in proportion to what is pending. The counters cost one increment each,
//   under a lock that is held anyway.
//
// Thread-safe.
#ifndef FINALIZE_INSPECT_H_
#define FINALIZE_INSPECT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "finalize/export.h"
#include "finalize/options.h"
#include "finalize/report.h"

namespace finalize {

class Registry;

// A finalizer whose callback is running, on any thread.
struct RunningInfo {
  // Returns a line such as
  //   #42 phase 0 for 3.1s examples/spool.cc:88 "remove spool"
  FINALIZE_EXPORT std::string ToString() const;

  uint64_t number = 0;  // as in Info
  std::string name;
  Place place;
  int phase = 0;
  // The time since the callback started. In drains that have a deadline or a
  // phase limit, such as exit drains, it is known to a tick of the kernel's
  // clock (1 to 10 ms). Elsewhere it is exact, but starts are only recorded
  // after the first call of Running() or SetObserver(), because that takes a
  // clock read. nullopt if the callback started before that call, is about to
  // start, or has returned and is being destroyed.
  std::optional<absl::Duration> elapsed;
};

// Returns what is running, the longest first; those whose start is not known
// are last.
FINALIZE_EXPORT std::vector<RunningInfo> Running();
FINALIZE_EXPORT std::vector<RunningInfo> Running(const Registry& registry);

// How many pending finalizers were registered at one line of source.
struct PendingPlace {
  // Returns a line such as
  //   1200, the oldest +3.1s, examples/spool.cc:88
  FINALIZE_EXPORT std::string ToString() const;

  Place place;
  size_t count = 0;
  absl::Duration oldest;  // since the oldest was registered
};

// Returns the places, the one with the most finalizers first.
FINALIZE_EXPORT std::vector<PendingPlace> PendingByPlace();
FINALIZE_EXPORT std::vector<PendingPlace> PendingByPlace(
    const Registry& registry);

// Returns at most `limit` pending finalizers, oldest first.
FINALIZE_EXPORT std::vector<Info> PendingByAge(size_t limit);
FINALIZE_EXPORT std::vector<Info> PendingByAge(const Registry& registry,
                                               size_t limit);

// Counts since the registry was constructed, or since the process started. In a
// forked child they start at the fork; in a child that adopts they continue.
struct Counters {
  // Returns a line such as
  //   5 registered, 3 run, 1 detached, 0 failed, 0 inherited
  FINALIZE_EXPORT std::string ToString() const;

  uint64_t registered = 0;  // in the first registry, if it was moved later
  uint64_t run = 0;         // callbacks started: each attempt counts
  uint64_t detached = 0;    // by Detach(), Cancel() or CancelAll()
  // Callbacks that threw or returned a non-OK status, except those that a drain
  // had left running by then.
  uint64_t failed = 0;
  uint64_t inherited = 0;  // pending in this process's parents when they forked
};

// Count() includes registries that are destroyed.
FINALIZE_EXPORT Counters Count();
FINALIZE_EXPORT Counters Count(const Registry& registry);

// Returns all of this as text: the counters, what is running, what is pending
// by place, and the oldest finalizers, at most `limit` lines of each.
FINALIZE_EXPORT std::string DebugText(size_t limit = 20);
FINALIZE_EXPORT std::string DebugText(const Registry& registry,
                                      size_t limit = 20);

}  // namespace finalize

#endif  // FINALIZE_INSPECT_H_
