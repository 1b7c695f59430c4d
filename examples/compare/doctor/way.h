// SPDX-License-Identifier: Apache-2.0

// The way to a directory: who can put another one at its path.
#ifndef EXAMPLES_COMPARE_DOCTOR_WAY_H_
#define EXAMPLES_COMPARE_DOCTOR_WAY_H_

#include <sys/stat.h>

#include <optional>
#include <string>

namespace compare {

// A directory or a symbolic link through which a path leads, and which another
// user than this one and root can change.
struct OpenPart {
  std::string path;  // without links
  struct stat status;
  // The directory at the end of the way.
  bool is_last = false;
  // Only its owner can change it, a user that is not mapped here: often root of
  // the machine.
  bool unmapped = false;
};

// Follows the absolute path of a directory from / on, through each link.
// Returns the first part that is open; else the first one of an unmapped user.
// What is in the directory itself counts as a part of the way, too.
//
// Not covered: access control lists.
std::optional<OpenPart> FirstOpenPart(const std::string& path);

// Whether others than its owner and root may rename what is in the directory:
// all users, or those of a group that is not this process's.
bool IsOpenToAll(const struct stat& directory);
bool IsOpenToGroup(const struct stat& directory);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_WAY_H_
