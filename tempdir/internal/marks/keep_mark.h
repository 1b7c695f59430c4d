// SPDX-License-Identifier: Apache-2.0

// The file `.keep` in a root, which keeps every reaper away from it, also those
// of older versions of this library. There are two kinds.
//
//   kept   put there for a person: what the root holds was kept on purpose. Any
//          content but the following, so also none.
//   live   put there by the owner when it creates the root, on a file system
//          (local_file_system.h) where a process that reaches the directory
//          through another mount or from another machine may not see the lock.
//          It is removed with the root: the owner removes the root in spite of
//          it, in Remove(), at exit and in a crash.
//
// The content of the second kind names the root, and the mount through which
// the owner locked it. A reaper that looks through that same mount sees the
// lock: if it is free, the owner has ended. There is no other proof of that; a
// reaper anywhere else needs its caller's assurance
// (ReapOptions::unseen_locks).
//
// A temp dir that has no root (TempDirOptions::set_direct) holds no
// file of the library. Its name ends with `.live` instead (root_name.h), which
// reapers of older versions do not know, and the content is an extended
// attribute.
//
// Thread-safe.

#ifndef TEMPDIR_INTERNAL_MARKS_KEEP_MARK_H_
#define TEMPDIR_INTERNAL_MARKS_KEEP_MARK_H_

#include <string_view>

#include "absl/status/status.h"

namespace tempdir_internal {

// The entry of a root that makes it untouchable for reapers.
constexpr char kKeepMark[] = ".keep";
// A live mark, until it is complete.
constexpr char kUnfinishedMark[] = ".keep-new";

enum class KeepMark { kNone, kLive, kKept };

// Which one the directory that is open at `fd` holds (O_PATH is enough).
// Async-signal-safe.
KeepMark KeepMarkIn(int fd);

// Puts one of the first kind into the directory `name` of the one that is open
// at `fd` (`name` "." means that one), in the place of the second kind.
// Returns 0 or an errno. Async-signal-safe.
int MarkKept(int fd, const char* name);

// Marks the root that is open, and locked if `locked`, at `fd`.
absl::Status MarkLive(int fd, bool locked, std::string_view path);
// Ends that, for the owner that is about to remove the root.
void UnmarkLive(int fd);
// Whether the directory that is open at `fd` holds what an owner leaves if it
// is killed while it creates a live mark. A root has no other mark at that
// time.
bool HoldsUnfinishedMark(int fd);

// The same for a temp dir that has no root. Nothing happens if the file
// system has no extended attributes.
void MarkLiveDirectly(int fd, bool locked);
void UnmarkLiveDirectly(int fd);

// What a live mark says of the directory that is open at `fd`.
struct LiveMark {
  bool names_it = false;    // only the owner can have put it there
  bool same_mount = false;  // its lock is seen through this very `fd`
};
LiveMark ExamineLiveMark(int fd);
LiveMark ExamineLiveMarkDirectly(int fd);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_MARKS_KEEP_MARK_H_
