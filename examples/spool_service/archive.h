// SPDX-License-Identifier: Apache-2.0

// Unpacks an archive that a stranger has sent: tar, zip, 7-Zip or cpio, also
// compressed by gzip, bzip2, xz or zstd.
#ifndef EXAMPLES_SPOOL_SERVICE_ARCHIVE_H_
#define EXAMPLES_SPOOL_SERVICE_ARCHIVE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace spool_service {

struct ArchiveEntry {
  std::string name;  // "a/b" for "./a//b/", and "." for the top; any bytes
  std::string kind;  // "file", "directory", "symlink" or "hardlink"
  uint64_t bytes = 0;
};

struct Archive {
  std::string sha256;
  uint64_t bytes = 0;
  std::vector<ArchiveEntry> entries;
};

// Unpacks `file` into `directory`, an absolute path without symbolic links.
//
// Returns InvalidArgument, which says why, for what is not an archive, for one
// that is damaged or too large, and for an entry that would be, or lead,
// outside of `directory`; ResourceExhausted if the disk is full, and Internal
// if the system fails otherwise. What was unpacked before is left: the caller
// removes the directory.
//
// Too large are more than 1 GiB of content, 100000 entries and directories, or
// 16 MiB of names, a name of more than 4095 bytes, and one that is more than
// 128 directories deep.
absl::StatusOr<std::vector<ArchiveEntry>> Unpack(const std::string& file,
                                                 const std::string& directory);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_ARCHIVE_H_
