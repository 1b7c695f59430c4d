// SPDX-License-Identifier: Apache-2.0

// FixedStorage: RemovalStorage in one block of memory, for a signal handler,
// which must not allocate.
//
// The free pieces of the block form a list in the order of their addresses. A
// piece that is freed is joined with its neighbors. Allocate takes the first
// piece that is large enough.
//
// Confined to one thread. Async-signal-safe.

#ifndef TEMPDIR_INTERNAL_TREE_FIXED_STORAGE_H_
#define TEMPDIR_INTERNAL_TREE_FIXED_STORAGE_H_

#include <cstddef>

#include "tempdir/internal/tree/removal_storage.h"

namespace tempdir_internal {

class FixedStorage final : public RemovalStorage {
 public:
  // `block` is aligned for any type, and stays the caller's.
  FixedStorage(void* block, size_t size);

  void* Allocate(size_t size) override;
  void Free(void* block, size_t size) override;

  // Bytes that are not in use.
  size_t available() const;

 private:
  struct Piece {
    size_t size;
    Piece* next;
  };

  Piece* free_ = nullptr;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_TREE_FIXED_STORAGE_H_
