// The reaper process, from the inside: `finalize-reap --watch=PID PARENT...`.
//
//   owner --- posix_spawn ---> starter --- fork ---> watcher
//     |                          | exits: 0 or why not   |
//     | waits for the starter <--+                       |
//     | dies ----------------- pidfd ------------------> reaps, ends
//
// The starter is there so that the owner has no child that it knows nothing of
// for longer than that; the watcher belongs to nobody.

#ifndef TEMPDIR_INTERNAL_REAP_OWNER_WATCH_H_
#define TEMPDIR_INTERNAL_REAP_OWNER_WATCH_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace tempdir_internal {

// How the starter ends.
constexpr int kWatching = 0;
constexpr int kOwnerIsGone = 3;
constexpr int kCannotWatch = 4;

// In the starter: goes on as the watcher in a child and returns how the
// starter, or in time the watcher, is to exit. `owner` has to be the parent of
// this process: that proves that its pid is still its own.
int WatchOwner(pid_t owner, const std::vector<std::string>& parents);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REAP_OWNER_WATCH_H_
