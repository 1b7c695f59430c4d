// SPDX-License-Identifier: Apache-2.0

// SeenInodes: a set of inode numbers, in the memory of a tree removal.
//
// Confined to one thread, or guarded by its owner.

#ifndef TEMPDIR_INTERNAL_TREE_SEEN_INODES_H_
#define TEMPDIR_INTERNAL_TREE_SEEN_INODES_H_

#include <sys/types.h>

#include <cstddef>

#include "tempdir/internal/tree/removal_storage.h"

namespace tempdir_internal {

class SeenInodes {
 public:
  explicit SeenInodes(RemovalStorage& storage) : storage_(storage) {}
  ~SeenInodes();
  SeenInodes(const SeenInodes&) = delete;
  SeenInodes& operator=(const SeenInodes&) = delete;

  // Returns whether it was not in the set and is now. False as well if there is
  // no memory.
  bool Add(ino_t inode);

 private:
  bool Grow();

  RemovalStorage& storage_;
  // A hash table with linear probing. 0, no inode's number, is a free place.
  ino_t* places_ = nullptr;
  size_t capacity_ = 0;  // a power of two
  size_t size_ = 0;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_TREE_SEEN_INODES_H_
