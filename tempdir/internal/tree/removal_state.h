// SPDX-License-Identifier: Apache-2.0

// RemovalState: what all workers of one tree removal share.

#ifndef TEMPDIR_INTERNAL_TREE_REMOVAL_STATE_H_
#define TEMPDIR_INTERNAL_TREE_REMOVAL_STATE_H_

#include <atomic>
#include <cstdint>

#include "tempdir/internal/identity/mount_border.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/descriptor_window.h"
#include "tempdir/internal/tree/late_work.h"
#include "tempdir/internal/tree/removal_errors.h"
#include "tempdir/internal/tree/removal_queue.h"
#include "tempdir/internal/tree/removal_storage.h"
#include "tempdir/internal/tree/tree_node.h"

namespace tempdir_internal {

// What the caller wants.
struct RemovalPlan {
  bool make_writable = true;
  bool dry_run = false;
  bool count_bytes = false;
  // 0 stands for one a core.
  int max_workers = 1;
  // Devices are compared where nothing tells mounts (mount_border.h).
  bool compare_devices = false;
  // The root is removed only if it still is at its name.
  bool exact_root = false;
  int64_t writer_timeout = 0;  // nanoseconds
};

struct RemovalCounts {
  uint64_t files = 0;
  uint64_t directories = 0;
  uint64_t bytes = 0;
};

struct RemovalState {
  RemovalState(const SystemCalls& calls, RemovalStorage& storage,
               RemovalErrors& errors, const RemovalPlan& plan)
      : calls(calls),
        storage(storage),
        errors(errors),
        plan(plan),
        border(calls, plan.compare_devices),
        window(calls.descriptor_limit()),
        queue(window),
        late(calls, storage, queue, plan.writer_timeout) {}

  // `error` is one of the kernel's or of mount_border.h.
  void Fail(TreeNode* directory, const char* entry, int error) {
    Fail(directory, entry, error, ObstacleOf(error));
  }
  void Fail(TreeNode* directory, const char* entry, int error,
            Obstacle obstacle) {
    directory->failed.store(true, std::memory_order_relaxed);
    errors.Report(obstacle, error, root, directory, entry);
  }

  const SystemCalls& calls;
  RemovalStorage& storage;
  RemovalErrors& errors;
  const RemovalPlan plan;
  MountBorder border;
  DescriptorWindow window;
  RemovalQueue queue;
  LateWork late;

  // The directory that the root is in: not part of the tree, never changed
  // but for the root's entry.
  TreeNode anchor;
  TreeNode* root = nullptr;
  // Removing in the order of inodes pays here. Unknown until it matters.
  enum class Order { kUnknown, kAny, kByInode };
  std::atomic<Order> order{Order::kUnknown};

  int64_t started = 0;
  // Names for moved directories are unlike those of any other removal.
  uint32_t salt = 0;
  std::atomic<uint32_t> moves{0};

  // One directory that was not at its name any more when it was empty. Somebody
  // else may have removed it, or moved it within the tree, or out of it: which,
  // is known when the tree is gone. Guarded by the queue.
  int vanished_fd = -1;
  PathSegment* vanished_place = nullptr;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_TREE_REMOVAL_STATE_H_
