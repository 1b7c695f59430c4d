// SPDX-License-Identifier: Apache-2.0

// TempDirGuarantees tells what the library can promise at the place where a
// temp dir was created.
//
//   auto dir = tempdir::TempDir::Create(options);
//   if (dir.ok() && !dir->guarantees().lock) {
//     // Do not let other machines reap in this parent.
//   }
//
// On a local file system all of them hold in a directory of the user, and in a
// directory of root that has a sticky bit (/tmp). Elsewhere Create works
// wherever `mktemp -d` works, and some of them may not hold; with
// TempDirOptions::set_require_guarantees it fails instead.
//
// Not covered: they are what Create saw. A later change of the parent's mode is
// not noticed.
#ifndef TEMPDIR_TEMP_DIR_GUARANTEES_H_
#define TEMPDIR_TEMP_DIR_GUARANTEES_H_

#include "finalize/internal/base/requirements.h"

namespace tempdir {

struct TempDirGuarantees {
  // Only the user and root can put another directory in the parent in place of
  // this one, as far as the owner and the mode of the parent tell. False if
  // others may rename in the parent: if it belongs to another user, or is
  // writable by others and has no sticky bit (a Kubernetes emptyDir, a volume
  // with an fsGroup, a scratch directory of a group). Create then checks, after
  // it has created the directory, that the path leads to it. What is done by
  // path later may reach another directory; Remove() never removes that one.
  //
  // Not covered: the directories above the parent, and links that lead to it.
  // They are the program's concern: a user who may rename in one of them can
  // put another directory in place of the parent.
  bool path = true;

  // The directory has the permissions that were asked for, and others cannot
  // enter its root. False if the file system has no permissions, or refuses to
  // change them (vfat, some mounts of NFS, CIFS and FUSE).
  bool mode = true;

  // The directory belongs to the user. False if the file system shows another
  // owner (squashed NFS, `uid=` mounts, some FUSE).
  bool owner = true;

  // Every process that reaches the directory sees that it is in use. False if
  // the file system is not known to show locks to all (NFS, CIFS, FUSE,
  // virtiofs, 9p). No reaper then removes the directory by itself, even after
  // this process has ended (reap.h).
  bool lock = true;

  bool all() const { return path && mode && owner && lock; }
};

}  // namespace tempdir

#endif  // TEMPDIR_TEMP_DIR_GUARANTEES_H_
