// SPDX-License-Identifier: Apache-2.0

// FileIdentity: tells whether a file is the very one that was seen before.
//
// It compares the device, the inode, and the time of birth if the file system
// has one, because inode numbers are reused. While a descriptor of the file is
// open, its number is not reused, and the comparison is exact.
//
// A value.

#ifndef TEMPDIR_INTERNAL_IDENTITY_FILE_IDENTITY_H_
#define TEMPDIR_INTERNAL_IDENTITY_FILE_IDENTITY_H_

#include <sys/types.h>

#include <cstdint>

namespace tempdir_internal {

struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t born = 0;  // nanoseconds; 0: not known
  mode_t mode = 0;   // not compared
  uint32_t links = 0;

  // Looks at the entry `name`, or at what is open at `directory` if that is
  // empty. Returns 0 or an errno.
  int LookAt(int directory, const char* name);

  bool Is(const FileIdentity& other) const;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_IDENTITY_FILE_IDENTITY_H_
