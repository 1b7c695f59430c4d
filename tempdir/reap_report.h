// What tempdir::Reap is told and what it tells.

#ifndef TEMPDIR_REAP_REPORT_H_
#define TEMPDIR_REAP_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "finalize/requirements.h"
#include "finalize/shared_function.h"

namespace tempdir {

struct ReapOptions {
  // Looks and counts, changes nothing.
  bool dry_run = false;

  // Whether ReapedRoot::bytes is filled in. Costs one more system call an
  // entry.
  bool count_bytes = false;

  // Also reaps on file systems where flock is not known to hold. A root with a
  // live mark is removed only if it is unlocked, is reached through the mount
  // its owner used, and the machine has not restarted since. Others, those of
  // older versions of this library among them, are removed if they are not
  // locked: set this only if you know that locks hold; otherwise directories of
  // running processes are removed.
  bool any_file_system = false;

  // Also removes the roots with a live mark, whose owners say that their locks
  // may not be seen from everywhere, if they are not locked as seen from here.
  // That mark is proof enough that they are roots (for those of Directly, in a
  // parent where nobody else may rename). Set this only if no process that uses
  // the parent through another mount, or from another machine, is running: the
  // kernel has no proof of it.
  bool unseen_locks = false;

  // Also removes roots without a mark, which are then told by name and owner
  // alone, in a parent where nobody else may rename: those of older versions of
  // this library, and those of ShortPath on a file system without extended
  // attributes. A copy or a backup of a root looks the same.
  bool unmarked = false;

  // What is not done by then is left for the next one.
  absl::Duration time_limit = absl::InfiniteDuration();
};

enum class ReapOutcome {
  kRemoved,     // it is gone
  kRemovable,   // it would be removed (dry run)
  kInUse,       // some process holds it
  kUnseen,      // some process may hold it: its lock is not seen from here
  kTaken,       // another reaper is removing it
  kKept,        // it is marked `.keep`
  kGone,        // somebody else removed it while this looked
  kRefused,     // it has the name of a root and is not one of the user's own
  kUnfinished,  // the time was up; the next reaper finishes it
  kFailed,      // something in it could not be removed; `status` says what
};

// One directory of which the name is that of a root of the effective user.
struct ReapedRoot {
  // Where it was.
  std::string path;
  // Where it is now, if it was renamed and could not be removed, or put back
  // where that had to be; else empty.
  std::string present_path;
  ReapOutcome outcome = ReapOutcome::kInUse;
  // Why, for kRefused, kUnfinished and kFailed; else OK.
  absl::Status status;
  // What was removed of it, or would be. It counts itself.
  uint64_t entries = 0;
  uint64_t bytes = 0;
};

struct ReapReport {
  std::string parent;
  std::string file_system;
  std::vector<ReapedRoot> roots;
  // Whether the time was up before everything had been looked at.
  bool timed_out = false;
  absl::Duration elapsed;

  size_t Count(ReapOutcome outcome) const;
};

// Is told of a reaping that a process does by itself: the parent, and what Reap
// would have returned for it.
using AutomaticReapCallback = finalize::SharedFunction<void(
    const std::string& parent, const absl::StatusOr<ReapReport>& report)>;

// "removed", "in use".
const char* ReapOutcomeName(ReapOutcome outcome);

}  // namespace tempdir

#endif  // TEMPDIR_REAP_REPORT_H_
