// SPDX-License-Identifier: Apache-2.0

// Whether the owner that the kernel shows of a file is its owner.
//
// In a user namespace that maps some users only, all others are shown as one:
// the overflow uid, 65534 as a rule. To a process that runs as that user the
// directories of strangers look like its own.

#ifndef TEMPDIR_INTERNAL_SYSTEM_TOLD_OWNERS_H_
#define TEMPDIR_INTERNAL_SYSTEM_TOLD_OWNERS_H_

#include <sys/types.h>

namespace tempdir_internal {

// False if files that are shown as belonging to `user` may belong to others.
// False as well if that cannot be found out, for want of /proc.
bool IsToldFromOthers(uid_t user);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_TOLD_OWNERS_H_
