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
  std::string name;
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
// outside of `directory`; ResourceExhausted if the disk is full. What was
// unpacked before is left: the caller removes the directory.
absl::StatusOr<std::vector<ArchiveEntry>> Unpack(const std::string& file,
                                                 const std::string& directory);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_ARCHIVE_H_
