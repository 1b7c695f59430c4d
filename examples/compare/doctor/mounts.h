// SPDX-License-Identifier: Apache-2.0

// What the kernel tells about the file system and the mount of a directory.
#ifndef EXAMPLES_COMPARE_DOCTOR_MOUNTS_H_
#define EXAMPLES_COMPARE_DOCTOR_MOUNTS_H_

#include <string>

namespace compare {

// The type of the mount that `path` is in: "tmpfs", "fuse.sshfs". "an unknown
// file system" if /proc is not there to tell.
std::string FileSystemName(const std::string& path);

// Why the kernel gives no file handle of `path`; "" if it gives one.
std::string FileHandleError(const std::string& path);

// Which of the four questions that tell a mount from a directory are answered
// in `directory`.
struct MountQuestions {
  bool any = false;
  std::string words;
};
MountQuestions AskForMounts(const std::string& directory);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_MOUNTS_H_
