// SPDX-License-Identifier: Apache-2.0

// Makes system calls fail as they do on a file system in trouble, for every
// user including root, by a seccomp filter on the calling thread.
//
// The filter stays until the thread ends, and threads that it starts have it
// too. Threads that were there before do not.
#ifndef EXAMPLES_COMPARE_SUBJECT_SYSTEM_CALL_FILTER_H_
#define EXAMPLES_COMPARE_SUBJECT_SYSTEM_CALL_FILTER_H_

#include <string>

#include "absl/status/status.h"

namespace compare {

// No file can be removed: EPERM, as of one that is immutable (chattr +i).
absl::Status ForbidUnlink();

// Nothing new finds room: ENOSPC for whatever makes a file, a directory or a
// name. (Writes go on: a sanitizer probes memory by writing it to a pipe.)
absl::Status FillDisk();

// The programs of these filters, an array of sock_filter, for a process that
// installs them itself.
std::string ForbidUnlinkProgram();
std::string FillDiskProgram();

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SUBJECT_SYSTEM_CALL_FILTER_H_
