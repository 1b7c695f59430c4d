// SPDX-License-Identifier: Apache-2.0

// KeepEntry, KeepFailedEntry and PublishEntry: three ways to move a temp dir or
// a temp file to where neither its process nor a reaper removes it.
//
// Each moves it in one step, or marks it where it is if it cannot be moved.
// After a failure it is where it was, and is removed later, as before.

#ifndef TEMPDIR_INTERNAL_OWNED_KEEP_ENTRY_H_
#define TEMPDIR_INTERNAL_OWNED_KEEP_ENTRY_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tempdir/internal/owned/destination.h"
#include "tempdir/internal/owned/owned_entry.h"
#include "tempdir/temp_dir_options.h"

namespace tempdir_internal {

// Moves it out of its root (kept_directory.h). Returns where it is now.
absl::StatusOr<std::string> KeepEntry(OwnedEntry& entry);

// Moves it to a directory for what failures left (failure_directory.h), and
// trims these as TempDirOptions::set_keep_last says. If it cannot be moved
// there, does the same as KeepEntry(). Returns where it is now.
absl::StatusOr<std::string> KeepFailedEntry(OwnedEntry& entry);

// Moves it to `destination`, and returns true; or exchanges it for what is
// there, and returns false. In the latter case the entry is then what was
// there, under the same name as before.
absl::StatusOr<bool> PublishEntry(OwnedEntry& entry,
                                  const Destination& destination,
                                  tempdir::IfExists if_exists);

// Writes on standard error that it was kept at `path`, and why.
void PrintKept(const OwnedEntry& entry, std::string_view path,
               std::string_view why);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_KEEP_ENTRY_H_
