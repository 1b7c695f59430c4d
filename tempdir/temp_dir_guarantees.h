// TempDirGuarantees: what the place where a temp dir was made allows the
// library to promise.
//
//   auto dir = tempdir::TempDir::Create(options);
//   if (dir.ok() && !dir->guarantees().lock) {
//     // Do not let other machines reap in this parent.
//   }
//
// On a local file system all of them hold in a directory of the user, and in
// one of root that has a sticky bit (/tmp). Elsewhere Create works wherever
// `mktemp -d` works, and some of them do not hold; with
// TempDirOptions::RequireGuarantees it fails instead.
//
// They are what Create saw: a parent whose mode is changed later is not
// noticed.

#ifndef TEMPDIR_TEMP_DIR_GUARANTEES_H_
#define TEMPDIR_TEMP_DIR_GUARANTEES_H_

namespace tempdir {

struct TempDirGuarantees {
  // Nobody but the user and root can put another directory at path(). False in
  // a parent that others may rename in: one that belongs to another user, or is
  // writable by others and has no sticky bit (a Kubernetes emptyDir, a volume
  // with an fsGroup, a scratch directory of a group). There Create checks, when
  // it has made the directory, that its path leads to it; what is done by path
  // later may be done in another directory. Remove() never removes that one.
  bool path = true;

  // The directory has the permissions that were asked for, and its root is
  // closed to others. False if the file system has no permissions of its own,
  // or refuses to change them (vfat, some mounts of NFS, CIFS and FUSE).
  bool mode = true;

  // It belongs to the user. False if the file system shows another owner
  // (squashed NFS, `uid=` mounts, some FUSE).
  bool owner = true;

  // Every process that reaches the directory sees that it is in use. False if
  // the file system is not known to tell (NFS, CIFS, FUSE, virtiofs, 9p). No
  // reaper removes the directory by itself then, also after the death of this
  // process (reap.h).
  bool lock = true;

  bool all() const { return path && mode && owner && lock; }
};

}  // namespace tempdir

#endif  // TEMPDIR_TEMP_DIR_GUARANTEES_H_
