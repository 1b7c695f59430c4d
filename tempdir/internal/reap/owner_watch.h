// SPDX-License-Identifier: Apache-2.0

// The reaper process, from the inside: `finalize-reap --watch=PID PARENT...`.
//
//   owner --- posix_spawn ---> starter --- fork ---> watcher
//     |                          | exits: 0 or why not   |
//     | waits for the starter <--+                       |
//     | dies ----------------- pidfd ------------------> reaps, ends
//
// The watcher is not a child of its owner. The starter is, and a program that
// waits for any child may see it; but the starter exits at once.

#ifndef TEMPDIR_INTERNAL_REAP_OWNER_WATCH_H_
#define TEMPDIR_INTERNAL_REAP_OWNER_WATCH_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "finalize/export.h"

namespace tempdir_internal {

// How the starter ends.
constexpr int kWatching = 0;
constexpr int kOwnerIsGone = 3;
constexpr int kCannotWatch = 4;

// For the starter: continues as the watcher in a child process. Returns the
// exit status of the starter and, in the child, later that of the watcher.
// `owner` must be the parent of this process: that proves that the pid is still
// its own.
FINALIZE_INTERNAL_EXPORT int WatchOwner(
    pid_t owner, const std::vector<std::string>& parents);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REAP_OWNER_WATCH_H_
