// SPDX-License-Identifier: Apache-2.0

// Which file systems are known to keep their promises about flock: that of a
// directory works, is seen by every process that sees the directory, and ends
// with its last holder. They are the local ones.
//
// Not among them: network file systems (NFS makes flock a range lock that a
// directory cannot have, or keeps it on one machine), FUSE and virtiofs (it
// depends on the server), and whatever is not known here.
//
// Thread-safe.

#ifndef TEMPDIR_INTERNAL_SYSTEM_LOCAL_FILE_SYSTEM_H_
#define TEMPDIR_INTERNAL_SYSTEM_LOCAL_FILE_SYSTEM_H_

#include <string>

namespace tempdir_internal {

struct FileSystem {
  // "ext4", "tmpfs"; a number if it is not known here.
  std::string name;
  bool flock_holds = false;
};

// That of what is open at `fd`. Unknown if the kernel does not say.
FileSystem FileSystemOf(int fd);

// The one whose statfs(2) `type` this is.
FileSystem FileSystemOfType(unsigned long type);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_LOCAL_FILE_SYSTEM_H_
