// SPDX-License-Identifier: Apache-2.0

// A separate mount namespace for a test. Other processes do not see what it
// mounts, and the mounts end with the process. Only for the superuser.
#ifndef TESTS_SUPPORT_PRIVATE_MOUNTS_H_
#define TESTS_SUPPORT_PRIVATE_MOUNTS_H_

#include <string>

namespace finalize_test {

// Moves this process into a new mount namespace. Works inside a chroot, too.
// Returns the error, or an empty string.
std::string EnterPrivateMounts();

// The same, and mounts an empty file system in memory on `path`.
std::string MountPrivateMemory(const char* path, const char* options);

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_PRIVATE_MOUNTS_H_
