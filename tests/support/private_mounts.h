// A mount namespace for a test: what it mounts, nobody else sees, and it is
// gone when the process ends. For the superuser.
#ifndef TESTS_SUPPORT_PRIVATE_MOUNTS_H_
#define TESTS_SUPPORT_PRIVATE_MOUNTS_H_

#include <string>

namespace finalize_test {

// Gives this process a mount namespace of its own. Works inside a chroot, too.
// Returns what went wrong, or nothing.
std::string EnterPrivateMounts();

// The same, and mounts an empty file system in memory on `path`.
std::string MountPrivateMemory(const char* path, const char* options);

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_PRIVATE_MOUNTS_H_
