// SPDX-License-Identifier: Apache-2.0

// RemovalStorage: the memory of a tree removal.
//
// The engine takes all its memory through this interface. If it gets none, it
// removes what it has read so far, and reads the directory again. So the same
// engine can run on a fixed block (fixed_storage.h), in a signal handler.

#ifndef TEMPDIR_INTERNAL_TREE_REMOVAL_STORAGE_H_
#define TEMPDIR_INTERNAL_TREE_REMOVAL_STORAGE_H_

#include <cstddef>
#include <cstdlib>

namespace tempdir_internal {

class RemovalStorage {
 public:
  // Returns `size` bytes, aligned for any type, or null. Thread-safe, and so is
  // Free.
  virtual void* Allocate(size_t size) = 0;
  virtual void Free(void* block, size_t size) = 0;

 protected:
  ~RemovalStorage() = default;
};

class HeapStorage final : public RemovalStorage {
 public:
  void* Allocate(size_t size) override { return std::malloc(size); }
  void Free(void* block, size_t) override { std::free(block); }
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_TREE_REMOVAL_STORAGE_H_
