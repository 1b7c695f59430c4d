// SPDX-License-Identifier: Apache-2.0

// MountOf: the mount that an open file is in.

#ifndef TEMPDIR_INTERNAL_SYSTEM_MOUNT_OF_H_
#define TEMPDIR_INTERNAL_SYSTEM_MOUNT_OF_H_

#include <cstdint>

namespace tempdir_internal {

// How it is asked for (mount_border.h).
enum class MountQuestion { kStatx, kDescriptorInfo, kFileHandle };

// Gives the id of the mount that the file open at `fd` is in (O_PATH is
// enough). Ids are compared while both files are open: a mount that is gone
// passes its id on. Returns 0 or -errno; -ENODATA if there is an answer without
// an id in it. Async-signal-safe.
int MountOf(int fd, MountQuestion question, uint64_t* id);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_MOUNT_OF_H_
