// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/remove/removal_error_list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/system/errno_status.h"

namespace tempdir_internal {
namespace {

using finalize::QuotedText;

// The parts of a path, last first.
using Parts = std::vector<std::string_view>;

std::string Join(std::string_view root, const Parts& parts, bool cut) {
  std::string path(root);
  if (cut) path += "/...";
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (part->front() != '/') path += '/';
    path += *part;
  }
  return path;
}

// Adds the segments from `place` upwards. Returns whether the path is cut.
bool AddSegments(const PathSegment* place, Parts& parts) {
  for (; place != nullptr; place = place->above) {
    if (place->size > 0) parts.emplace_back(place->text, place->size);
    if (place->cut) return true;
  }
  return false;
}

absl::Status Describe(Obstacle obstacle, int error, const std::string& path,
                      const char* entry) {
  const std::string what = absl::StrCat("cannot remove ", QuotedText(path));
  switch (obstacle) {
    case Obstacle::kSystemCall:
      return ErrnoStatus(error, what);
    case Obstacle::kMountPoint:
      return absl::FailedPreconditionError(
          absl::StrCat(what, ": it is a mount point"));
    case Obstacle::kOtherDevice:
      return absl::FailedPreconditionError(absl::StrCat(
          what,
          ": it is on another device: a mount point or a subvolume, which this "
          "system does not tell apart"));
    case Obstacle::kMountsUnknown:
      return absl::FailedPreconditionError(absl::StrCat(
          what,
          ": this system does not tell what is mounted in it (openat2, statx, "
          "/proc/self/fdinfo and name_to_handle_at give no answer); "
          "compare_devices would accept what is on the same device"));
    case Obstacle::kRefilled:
      return absl::DeadlineExceededError(absl::StrCat(
          what, ": it fills up again",
          entry != nullptr ? absl::StrCat(", now with ", QuotedText(entry))
                           : ""));
    case Obstacle::kMovedAway:
      return absl::AbortedError(absl::StrCat(
          what, ": it was moved away or replaced while it was emptied"));
  }
  return absl::InternalError(what);
}

}  // namespace

void RemovalErrorList::Report(Obstacle obstacle, int error,
                              const TreeNode* root, const TreeNode* directory,
                              const char* entry) {
  if (!Count()) return;
  Parts original, present;
  bool cut = false, moved = false;
  if (entry != nullptr && obstacle != Obstacle::kRefilled) {
    original.push_back(entry);
    present.push_back(entry);
  }
  const bool in_tree = root != nullptr && directory->parent != nullptr;
  for (const TreeNode* part = directory; in_tree && part != root;
       part = part->parent) {
    if (part->moved && !moved) {
      moved = true;
      cut = part->origin == nullptr || AddSegments(part->origin, original);
    }
    if (!moved) original.push_back(part->name);
    present.push_back(part->name);
  }
  Add(obstacle, error, Join(root_, original, cut),
      moved ? Join(root_, present, false) : std::string(), entry);
}

void RemovalErrorList::ReportMovedAway(const PathSegment* place) {
  if (!Count()) return;
  Parts parts;
  const bool cut = AddSegments(place, parts);
  Add(Obstacle::kMovedAway, 0, Join(root_, parts, cut), "", nullptr);
}

void RemovalErrorList::ReportRoot(Obstacle obstacle, int error) {
  if (Count()) Add(obstacle, error, std::string(root_), "", nullptr);
}

bool RemovalErrorList::Count() {
  std::lock_guard<std::mutex> lock(mutex_);
  return count_++ < std::max<size_t>(max_errors_, 1);
}

void RemovalErrorList::Add(Obstacle obstacle, int error, std::string path,
                           std::string present, const char* entry) {
  absl::Status status = Describe(obstacle, error, path, entry);
  std::lock_guard<std::mutex> lock(mutex_);
  errors_.push_back({std::move(path), std::move(present), std::move(status)});
}

absl::Status RemovalErrorList::Finish(tempdir::RemoveTreeStats& stats) {
  absl::Status status;
  if (count_ > 0) {
    status = errors_.front().status;
    if (count_ > 1) {
      status = absl::Status(
          status.code(),
          absl::StrCat(status.message(), " (and ", count_ - 1,
                       count_ == 2 ? " more error)" : " more errors)"));
    }
  }
  if (errors_.size() > max_errors_) errors_.resize(max_errors_);
  stats.errors = std::move(errors_);
  stats.error_count = count_;
  return status;
}

}  // namespace tempdir_internal
