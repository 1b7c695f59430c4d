// RemovalErrors: where tree removal leaves what went wrong.

#ifndef TEMPDIR_INTERNAL_REMOVAL_ERRORS_H_
#define TEMPDIR_INTERNAL_REMOVAL_ERRORS_H_

#include "tempdir/internal/tree_node.h"

namespace tempdir_internal {

enum class Obstacle {
  // A system call failed; the error number says how.
  kSystemCall,
  // Something is mounted on it.
  kMountPoint,
  // A directory that fills up again and again; the entry is one that is in it.
  kRefilled,
  // A directory that was moved away, or replaced, while it was emptied.
  kMovedAway,
};

class RemovalErrors {
 public:
  // Reports that `entry` of `directory` stays (`directory` itself where `entry`
  // is null, or for kRefilled). Thread-safe, like ReportMoved. Keeps neither
  // pointer.
  virtual void Report(Obstacle obstacle, int error, const TreeNode* root,
                      const TreeNode* directory, const char* entry) = 0;

  // Reports kMovedAway for a directory that has no node any more.
  virtual void ReportMovedAway(const PathSegment* place) = 0;

 protected:
  ~RemovalErrors() = default;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVAL_ERRORS_H_
