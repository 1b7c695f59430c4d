// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/tree/tree_node.h"

#include <string.h>

#include <algorithm>
#include <new>

namespace tempdir_internal {
namespace {

// Original paths longer than this lose their beginning.
constexpr size_t kMaxOriginalPath = 1 << 20;

}  // namespace

TreeNode* NewTreeNode(RemovalStorage& storage, TreeNode* parent,
                      const char* name, size_t name_size) {
  const size_t size =
      offsetof(TreeNode, name) + std::max(name_size + 1, kNameRoom);
  void* block = storage.Allocate(size);
  if (block == nullptr) return nullptr;
  TreeNode* node = new (block) TreeNode;
  node->parent = parent;
  node->size = static_cast<uint32_t>(size);
  char* room = static_cast<char*>(block) + offsetof(TreeNode, name);
  memcpy(room, name, name_size);
  room[name_size] = '\0';
  return node;
}

void DeleteTreeNode(RemovalStorage& storage, TreeNode* node) {
  if (node->origin != nullptr) DropPathSegment(storage, node->origin);
  const size_t size = node->size;
  node->~TreeNode();
  storage.Free(node, size);
}

PathSegment* NewPathSegment(RemovalStorage& storage, const TreeNode* root,
                            const TreeNode* node) {
  size_t size = 0;
  const TreeNode* top = node;
  for (; top != root && !top->moved; top = top->parent) {
    size += strlen(top->name) + 1;
  }
  void* block = storage.Allocate(sizeof(PathSegment) + size);
  if (block == nullptr) return nullptr;
  PathSegment* segment = new (block) PathSegment;
  segment->above = top == root ? nullptr : top->origin;
  segment->cut = top != root && top->origin == nullptr;
  segment->references.store(1, std::memory_order_relaxed);
  segment->size = static_cast<uint32_t>(size);
  segment->total_size = static_cast<uint32_t>(size);
  if (segment->above != nullptr) {
    if (segment->above->total_size + size > kMaxOriginalPath) {
      segment->above = nullptr;
      segment->cut = true;
    } else {
      segment->total_size += segment->above->total_size;
      segment->above->references.fetch_add(1, std::memory_order_relaxed);
    }
  }
  char* end = static_cast<char*>(block) + offsetof(PathSegment, text) + size;
  for (const TreeNode* part = node; part != top; part = part->parent) {
    const size_t length = strlen(part->name);
    end -= length;
    memcpy(end, part->name, length);
    *--end = '/';
  }
  return segment;
}

void DropPathSegment(RemovalStorage& storage, PathSegment* segment) {
  while (segment != nullptr &&
         segment->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    PathSegment* above = segment->above;
    storage.Free(segment, sizeof(PathSegment) + segment->size);
    segment = above;
  }
}

}  // namespace tempdir_internal
