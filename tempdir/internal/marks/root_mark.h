// SPDX-License-Identifier: Apache-2.0

// The mark of a root: what tells a root from any other directory of the user.
//
// The mark is the extended attribute `user.finalize.root` of the directory. It
// names the directory that it marks, by inode number and time of birth (the
// file handle, if the file system tells no time of birth, and nothing more if
// it has no handles that last). So a copy of a root (`cp -a`, `rsync -X`, a
// restored backup) carries a mark that names another directory, and so marks
// nothing.
//
// Every user who may write the directory can set it. With the sticky bit only
// the owner can, so a root is created with mode 01700: another user can set
// neither that bit nor, from then on, the attribute. A mark on a directory
// without the bit (TempDirOptions::set_direct) counts only in a parent
// in which no other user may rename. A user who could once write some directory
// of this user may have given it a mark that names it, and in any other parent
// can give it the name of a root. Its present mode does not show that.
//
// An owner marks its root under the lock, before anything is created in it. The
// mark is removed with the directory, in one step.
//
// Thread-safe.

#ifndef TEMPDIR_INTERNAL_MARKS_ROOT_MARK_H_
#define TEMPDIR_INTERNAL_MARKS_ROOT_MARK_H_

#include <sys/types.h>

#include <string_view>

#include "absl/status/status.h"

namespace tempdir_internal {

// Only the owner of a directory can set it, and only the owner of one that has
// it can set attributes.
constexpr mode_t kMarkedRootMode = 01700;

enum class RootMark {
  kSet,
  kMissing,
  kOfAnother,    // it names another directory
  kUnsupported,  // the file system has no such attributes
};

// Marks the directory that is open at `fd`. OK also if the file system has no
// such attributes, or if they are refused (by it, or by a filter of system
// calls): then the directory has no mark. Any other error is one:
// ResourceExhausted if the file system is full, NotFound if the directory was
// removed. `path` is for the message.
absl::Status MarkRoot(int fd, std::string_view path);

// Removes the mark; harmless if there is none.
void UnmarkRoot(int fd);

RootMark RootMarkOf(int fd);

// Whether only the owner can have set the mark of the directory that is
// open at `fd`, whatever its parent.
bool OnlyOwnerCanMark(int fd);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_MARKS_ROOT_MARK_H_
