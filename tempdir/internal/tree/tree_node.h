// SPDX-License-Identifier: Apache-2.0

// TreeNode: one directory that tree removal knows of and has not finished.
//
// Nodes form the part of the tree that is being worked on. A node lives from
// the moment its directory is seen until nothing more is to be done with it:
//
//   waiting      in a stack, fd -1: seen, not opened yet
//   reading      taken by one worker, fd open; pending counts that reader
//   emptying     not in a stack; pending counts children that are not finished
//   resting      back in a stack, fd open: to be read on, or once more
//   finished     removed, or given up; freed, and its parent's pending drops
//
//   waiting -> reading -> emptying -> finished
//                  ^         |
//                  '- resting'
//
// A waiting node may also be moved up into the root (its directory is renamed,
// `origin` notes where it was), which makes it a child of the root.
//
// A node is written only by the worker that has taken it, except for the atomic
// members; `parent` and `name` no longer change once it has children.

#ifndef TEMPDIR_INTERNAL_TREE_TREE_NODE_H_
#define TEMPDIR_INTERNAL_TREE_TREE_NODE_H_

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "tempdir/internal/tree/removal_storage.h"

namespace tempdir_internal {

// Where a moved directory was, from the nearest moved directory above it, or
// from the root if there is none (`above` null). Shared by what was moved from
// below it.
struct PathSegment {
  PathSegment* above;
  std::atomic<uint32_t> references;
  // A part above this one was too long to be kept.
  bool cut;
  // Characters in this segment and all above it.
  uint32_t total_size;
  uint32_t size;
  char text[1];
};

// What tells a closed directory from another one in its place.
struct DirectoryMark {
  dev_t device = 0;
  ino_t inode = 0;
  uint64_t handle_digest = 0;
};

struct TreeNode {
  TreeNode* parent = nullptr;
  // Neighbors in the stack that it waits in.
  TreeNode* above = nullptr;
  TreeNode* below = nullptr;
  // Null unless it was moved.
  PathSegment* origin = nullptr;

  int fd = -1;
  uint32_t size = 0;  // of this block
  // The reader, and the children that are not finished.
  std::atomic<uint32_t> pending{0};
  // Entries were removed since it was last read from the start.
  std::atomic<bool> progress{false};
  // Something in it stays: it need not be tried.
  std::atomic<bool> failed{false};
  // It was moved out of the tree (tree_departure.h).
  std::atomic<bool> departed{false};
  // An entry was left out, so it has to be read again from the start.
  std::atomic<bool> incomplete{false};

  bool moved = false;
  // Reading stopped before the end.
  bool unread = false;
  // The end was told by the kernel; or once guessed from a short answer.
  bool end_seen = false;
  bool end_guessed = false;
  // It takes time that is limited (late_work.h).
  bool late = false;
  // Its mode was looked at, with this success.
  bool repaired = false;
  bool writable = false;
  // It has no descriptor and can no longer be reached.
  bool lost = false;
  // Closed while something below is worked on: its mark, and how far it was
  // read.
  DirectoryMark mark;
  off_t position = 0;

  char name[1];
};

// Room that each node's name has at least, so that a moved one can be renamed
// in place.
constexpr size_t kNameRoom = 28;

// Returns a node for `name`, or null if there is no memory.
TreeNode* NewTreeNode(RemovalStorage& storage, TreeNode* parent,
                      const char* name, size_t name_size);

// Frees the node and drops its origin.
void DeleteTreeNode(RemovalStorage& storage, TreeNode* node);

// Returns a segment that says where `node` is now in the original tree, to
// become its origin when it is moved, or null if there is no memory.
PathSegment* NewPathSegment(RemovalStorage& storage, const TreeNode* root,
                            const TreeNode* node);

// Drops one reference.
void DropPathSegment(RemovalStorage& storage, PathSegment* segment);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_TREE_TREE_NODE_H_
