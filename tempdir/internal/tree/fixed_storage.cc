// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/tree/fixed_storage.h"

#include <algorithm>
#include <new>

namespace tempdir_internal {
namespace {

// Room for a Piece, which is larger than the largest alignment of s390x.
constexpr size_t kUnit =
    std::max(alignof(std::max_align_t), sizeof(size_t) + sizeof(void*));

size_t Rounded(size_t size) {
  return size == 0 ? kUnit : (size + kUnit - 1) / kUnit * kUnit;
}

char* Address(void* piece) { return static_cast<char*>(piece); }

}  // namespace

FixedStorage::FixedStorage(void* block, size_t size) {
  static_assert(sizeof(Piece) <= kUnit, "a piece of any size can be free");
  Free(block, size / kUnit * kUnit);
}

void* FixedStorage::Allocate(size_t size) {
  const size_t needed = Rounded(size);
  for (Piece** link = &free_; *link != nullptr; link = &(*link)->next) {
    Piece* const piece = *link;
    if (piece->size < needed) continue;
    if (piece->size == needed) {
      *link = piece->next;
    } else {
      *link = new (Address(piece) + needed)
          Piece{piece->size - needed, piece->next};
    }
    return piece;
  }
  return nullptr;
}

void FixedStorage::Free(void* block, size_t size) {
  if (block == nullptr) return;
  Piece* before = nullptr;
  Piece* after = free_;
  while (after != nullptr && Address(after) < Address(block)) {
    before = after;
    after = after->next;
  }
  auto* piece = new (block) Piece{Rounded(size), after};
  (before != nullptr ? before->next : free_) = piece;
  if (after != nullptr && Address(piece) + piece->size == Address(after)) {
    piece->size += after->size;
    piece->next = after->next;
  }
  if (before != nullptr && Address(before) + before->size == Address(piece)) {
    before->size += piece->size;
    before->next = piece->next;
  }
}

size_t FixedStorage::available() const {
  size_t sum = 0;
  for (const Piece* p = free_; p != nullptr; p = p->next) sum += p->size;
  return sum;
}

}  // namespace tempdir_internal
