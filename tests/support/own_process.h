// SPDX-License-Identifier: Apache-2.0

// Helpers for tests that count this process's descriptors or run without
// rights.
#ifndef TESTS_SUPPORT_OWN_PROCESS_H_
#define TESTS_SUPPORT_OWN_PROCESS_H_

#include <dirent.h>
#include <sys/types.h>

#include <cstddef>

namespace finalize_test {

// A user and a group without rights.
inline constexpr uid_t kNobody = 65534;

// Returns how many descriptors this process has open.
inline size_t CountDescriptors() {
  DIR* const directory = opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  size_t entries = 0;
  while (readdir(directory) != nullptr) ++entries;
  closedir(directory);
  return entries - 3;  // ".", "..", and the directory's own
}

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_OWN_PROCESS_H_
