// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/remove/move_up.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>

#include "tempdir/internal/remove/permission_repair.h"

namespace tempdir_internal {
namespace {

// ".moved-" salt "-" number, both of eight hexadecimal digits.
constexpr char kPrefix[] = ".moved-";
constexpr size_t kPrefixSize = sizeof kPrefix - 1;
constexpr size_t kSaltEnd = kPrefixSize + 8 + 1;
static_assert(kSaltEnd + 8 + 1 <= kNameRoom, "a moved name fits any node");

char* PutHexadecimal(char* to, uint32_t number) {
  for (int shift = 28; shift >= 0; shift -= 4) {
    *to++ = "0123456789abcdef"[number >> shift & 15];
  }
  return to;
}

void PutMovedName(const RemovalState& state, uint32_t number, char* to) {
  memcpy(to, kPrefix, kPrefixSize);
  to = PutHexadecimal(to + kPrefixSize, state.salt);
  *to++ = '-';
  *PutHexadecimal(to, number) = '\0';
}

// Renames once, with permissions repaired wherever they are in the way: the
// directory that it leaves, the root, and the directory itself, whose ".."
// changes.
int Rename(RemovalState& state, TreeNode* node, const char* new_name,
           unsigned flags) {
  const auto rename = [&] {
    return state.calls.rename(node->parent->fd, node->name, state.root->fd,
                              new_name, flags);
  };
  int result = rename();
  if (result == -EACCES && MakeWritable(state, node->parent)) result = rename();
  if (result == -EACCES && MakeWritable(state, state.root)) result = rename();
  if (result == -EACCES) {
    const int fd = OpenUnread(state, node->parent, node->name);
    if (fd < 0) return result;
    if (RepairMode(state, fd) == 0) result = rename();
    state.calls.close(fd);
  }
  return result;
}

}  // namespace

MoveResult MoveUp(RemovalState& state, TreeNode* node) {
  unsigned flags = RENAME_NOREPLACE;
  char new_name[kNameRoom];
  int result;
  do {
    PutMovedName(state, state.moves.fetch_add(1, std::memory_order_relaxed),
                 new_name);
    result = Rename(state, node, new_name, flags);
    if ((result == -EINVAL || result == -ENOSYS) && flags != 0) {
      // No such flag here. The name is taken by nobody else, and a rename to it
      // could replace nothing but an empty directory of the tree.
      flags = 0;
      result = -EEXIST;
    }
  } while (result == -EEXIST);
  if (result == -ENOENT) return MoveResult::kGone;
  if (result < 0) return MoveResult::kRefused;
  node->origin = NewPathSegment(state.storage, state.root, node);
  node->moved = true;
  // The former parent is dropped by the caller.
  node->parent->progress.store(true, std::memory_order_relaxed);
  state.root->pending.fetch_add(1, std::memory_order_relaxed);
  node->parent = state.root;
  strcpy(node->name, new_name);
  return MoveResult::kMoved;
}

bool IsMovedName(const char* name) {
  return strncmp(name, kPrefix, kPrefixSize) == 0;
}

bool IsOwnMovedName(const RemovalState& state, const char* name) {
  char own[kNameRoom];
  PutMovedName(state, 0, own);
  return strncmp(name, own, kSaltEnd) == 0;
}

}  // namespace tempdir_internal
