// What this process still has to finalize, what it is finalizing now, and what
// it has done: a debug page's worth of data.
//
//   puts(finalize::DebugText().c_str());
//
//   for (const finalize::PendingPlace& place : finalize::PendingByPlace()) {
//     if (place.count > 1000) Warn(place.ToString());  // a leak, most likely
//   }
//
// Registry::ForEach() and Registry::Dump() show what is pending in drain order;
// Finalizer::Peek() shows one.
//
// Each function has a form for one registry, and one for all of the process,
// which shows the callbacks of weak references (weak_ref.h) too: those are in
// no registry.
// They may be called from any thread, from a callback and from the observer,
// while other threads register, run and drain; they hold no lock when they
// return. What they give is a moment's picture of each registry, not of all at
// the same instant. A registry that is asked for must not be destroyed
// meanwhile.
//
// Without memory for what they return they throw std::bad_alloc; nothing is
// changed then. Count() needs none.
//
// Cost: in proportion to what is pending. Where nobody asks, the counters cost
// an increment each, under a lock that is held anyway.
//
// In the child of a fork there is only what the child has registered; what it
// inherited is counted as inherited.
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
#include "finalize/options.h"
#include "finalize/report.h"

namespace finalize {

class Registry;

// A finalizer whose callback is running, that of the calling thread included.
struct RunningInfo {
  // Returns a line such as
  //   #42 phase 0 for 3.1s examples/spool.cc:88 "remove spool"
  std::string ToString() const;

  uint64_t number = 0;  // as in a dump
  std::string name;
  Place place;
  int phase = 0;
  // Since the callback started. Known in drains that have a deadline
  // or a phase limit, exit drains among them, to a tick of the kernel's clock
  // (1 to 10 ms). Everywhere else starts are recorded, exactly, from the first
  // call of Running() or SetObserver() on, since that takes a clock read;
  // nothing for a callback that started before, or is about to start, or has
  // returned and is being destroyed.
  std::optional<absl::Duration> elapsed;
};

// Longest first; those of unknown start last.
std::vector<RunningInfo> Running();
std::vector<RunningInfo> Running(const Registry& registry);

// The pending finalizers that were registered at one line of source.
struct PendingPlace {
  // Returns a line such as
  //   1200, the oldest +3.1s, examples/spool.cc:88
  std::string ToString() const;

  Place place;
  size_t count = 0;
  absl::Duration oldest;  // since the oldest was registered
};

// Most first.
std::vector<PendingPlace> PendingByPlace();
std::vector<PendingPlace> PendingByPlace(const Registry& registry);

// At most `limit` of what is pending, oldest first.
std::vector<Info> PendingByAge(size_t limit);
std::vector<Info> PendingByAge(const Registry& registry, size_t limit);

// Since the start of the registry, or of the process. In a child of a fork,
// since the fork; in one that adopts, since its parent's start.
struct Counters {
  // Returns a line such as
  //   5 registered, 3 run, 1 detached, 0 failed, 0 inherited
  std::string ToString() const;

  uint64_t registered = 0;  // where it was registered, if it moved later
  uint64_t run = 0;         // callbacks started: each attempt counts
  uint64_t detached = 0;    // destroyed unrun included
  // Those that threw or returned a bad status; not those that a drain had left
  // behind by then.
  uint64_t failed = 0;
  uint64_t inherited = 0;  // pending in this process's parents when they forked
};

// For all registries: those that are gone count, too.
Counters Count();
Counters Count(const Registry& registry);

// Returns all of it as text: the counters, what is running, what is pending by
// place, and the oldest ones, at most `limit` lines of each.
std::string DebugText(size_t limit = 20);
std::string DebugText(const Registry& registry, size_t limit = 20);

}  // namespace finalize

#endif  // FINALIZE_INSPECT_H_
