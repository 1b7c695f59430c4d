// SPDX-License-Identifier: Apache-2.0

// One entry of an archive that a stranger has sent: whether it is taken, and
// its place in the directory.
#ifndef EXAMPLES_SPOOL_SERVICE_ENTRY_H_
#define EXAMPLES_SPOOL_SERVICE_ENTRY_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "examples/spool_service/spot.h"

struct archive_entry;

namespace spool_service {

// A few kilobytes can name a million directories.
inline constexpr size_t kMaxEntries = 100000;

// Returns InvalidArgument if it is of a kind that is not taken, or if its name
// is too long, too deep or outside, or leads outside.
absl::Status CheckEntry(archive_entry* entry);

// The others are for an entry that CheckEntry takes.

// Without the parts that mean nothing: "a/b" for "./a//b/".
std::string NameOf(archive_entry* entry);
// As in ArchiveEntry.
std::string KindOf(archive_entry* entry);

// Creates the entry below `top`, in place of one with the same name, for its
// owner alone. Subtracts the directories that it has to create for it from
// `*creatable`. Returns the file for its data, which is -1 if it has none.
absl::StatusOr<Descriptor> CreateEntry(archive_entry* entry, int top,
                                       size_t* creatable);

// A system call for the entry has failed, and has set errno.
absl::Status EntryFailure(archive_entry* entry);

absl::Status TooManyEntries();

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_ENTRY_H_
