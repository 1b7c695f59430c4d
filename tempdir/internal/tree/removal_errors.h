// SPDX-License-Identifier: Apache-2.0

// RemovalErrors: receives the errors of a tree removal.

#ifndef TEMPDIR_INTERNAL_TREE_REMOVAL_ERRORS_H_
#define TEMPDIR_INTERNAL_TREE_REMOVAL_ERRORS_H_

#include "tempdir/internal/identity/mount_border.h"
#include "tempdir/internal/tree/tree_node.h"

namespace tempdir_internal {

enum class Obstacle {
  // A system call failed; the error number says how.
  kSystemCall,
  // Something is mounted on it.
  kMountPoint,
  // It is on another device, and nothing else tells mounts here.
  kOtherDevice,
  // The system does not tell whether something is mounted on it.
  kMountsUnknown,
  // A directory that fills up again and again; the entry is one that is in it.
  kRefilled,
  // A directory that was moved away, or replaced, while it was emptied.
  kMovedAway,
};

// What `error`, of the kernel or of mount_border.h, means for a removal.
constexpr Obstacle ObstacleOf(int error) {
  return error == kMountPoint      ? Obstacle::kMountPoint
         : error == kOtherDevice   ? Obstacle::kOtherDevice
         : error == kMountsUnknown ? Obstacle::kMountsUnknown
                                   : Obstacle::kSystemCall;
}

class RemovalErrors {
 public:
  // Reports that `entry` of `directory` stays (`directory` itself if `entry` is
  // null, or for kRefilled). Thread-safe, like ReportMovedAway. Keeps neither
  // pointer.
  virtual void Report(Obstacle obstacle, int error, const TreeNode* root,
                      const TreeNode* directory, const char* entry) = 0;

  // Reports kMovedAway for a directory that has no node any longer.
  virtual void ReportMovedAway(const PathSegment* place) = 0;

 protected:
  ~RemovalErrors() = default;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_TREE_REMOVAL_ERRORS_H_
