// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/tree/seen_inodes.h"

#include <cstdint>
#include <cstring>

namespace tempdir_internal {
namespace {

constexpr size_t kFirstCapacity = 64;

// Its place in `places`, or the free one that it would have.
size_t Find(const ino_t* places, size_t capacity, ino_t inode) {
  const uint64_t mixed = uint64_t{inode} * 0x9e3779b97f4a7c15;
  size_t at = (mixed >> 32) & (capacity - 1);
  while (places[at] != 0 && places[at] != inode) at = (at + 1) & (capacity - 1);
  return at;
}

}  // namespace

SeenInodes::~SeenInodes() {
  if (places_ != nullptr) storage_.Free(places_, capacity_ * sizeof(ino_t));
}

bool SeenInodes::Add(ino_t inode) {
  if (size_ * 2 >= capacity_ && !Grow()) return false;
  const size_t at = Find(places_, capacity_, inode);
  if (places_[at] != 0) return false;
  places_[at] = inode;
  ++size_;
  return true;
}

bool SeenInodes::Grow() {
  const size_t capacity = capacity_ == 0 ? kFirstCapacity : capacity_ * 2;
  auto* places =
      static_cast<ino_t*>(storage_.Allocate(capacity * sizeof(ino_t)));
  if (places == nullptr) return false;
  memset(places, 0, capacity * sizeof(ino_t));
  for (size_t i = 0; i < capacity_; ++i) {
    if (places_[i] != 0)
      places[Find(places, capacity, places_[i])] = places_[i];
  }
  if (places_ != nullptr) storage_.Free(places_, capacity_ * sizeof(ino_t));
  places_ = places;
  capacity_ = capacity;
  return true;
}

}  // namespace tempdir_internal
