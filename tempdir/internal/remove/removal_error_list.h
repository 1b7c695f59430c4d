// SPDX-License-Identifier: Apache-2.0

// RemovalErrorList: the errors of one tree removal, with their paths.

#ifndef TEMPDIR_INTERNAL_REMOVE_REMOVAL_ERROR_LIST_H_
#define TEMPDIR_INTERNAL_REMOVE_REMOVAL_ERROR_LIST_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tempdir/internal/tree/removal_errors.h"
#include "tempdir/remove_tree_options.h"

namespace tempdir_internal {

// Thread-safe. Keeps the first errors and counts all.
class RemovalErrorList final : public RemovalErrors {
 public:
  // `root` is what paths start with; it outlives this.
  RemovalErrorList(std::string_view root, size_t max_errors)
      : root_(root), max_errors_(max_errors) {}

  void Report(Obstacle obstacle, int error, const TreeNode* root,
              const TreeNode* directory, const char* entry) override;
  void ReportMovedAway(const PathSegment* place) override;

  // An error about the root.
  void ReportRoot(Obstacle obstacle, int error);

  // OK if there was none, else the first, with the number of others. Moves the
  // errors into `stats`.
  absl::Status Finish(tempdir::RemoveTreeStats& stats);

 private:
  // Counts an error; whether it is one to keep.
  bool Count();
  void Add(Obstacle obstacle, int error, std::string path, std::string present,
           const char* entry);

  const std::string_view root_;
  const size_t max_errors_;
  std::mutex mutex_;
  // At least one is kept, for the status.
  std::vector<tempdir::RemoveTreeError> errors_;
  uint64_t count_ = 0;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVE_REMOVAL_ERROR_LIST_H_
