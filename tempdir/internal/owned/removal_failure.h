// SPDX-License-Identifier: Apache-2.0

// How a failure to remove a temp dir is handled if no caller receives it.

#ifndef TEMPDIR_INTERNAL_OWNED_REMOVAL_FAILURE_H_
#define TEMPDIR_INTERNAL_OWNED_REMOVAL_FAILURE_H_

#include <string_view>

#include "absl/status/status.h"
#include "tempdir/internal/owned/owned_directory.h"

namespace tempdir_internal {

// What a report and a dump call its removal. Short: no allocation.
inline const char* TaskOf(const OwnedDirectory& directory) {
  return directory.is_file() ? "remove tempfile" : "remove temp dir";
}

// What becomes of a directory or a file that could not be removed.
inline std::string_view LeftToReaper(const OwnedDirectory& directory) {
  return directory.is_file()
             ? "the temp file is left to the reaper after this process"
             : "the temp dir is left to the reaper after this process";
}
inline std::string_view LeftToExit() {
  return "the end of this process tries again";
}

// Returns the failure with what becomes of the directory, unless the failure
// says so. If there is no memory, returns the failure as it is.
absl::Status WithFate(const OwnedDirectory& directory,
                      const absl::Status& status,
                      std::string_view fate) noexcept;

// Does what the directory's options say. A report is one line: what failed, at
// which line the directory was created, and its fate. Throws nothing.
void HandleFailure(const OwnedDirectory& directory, const absl::Status& status,
                   std::string_view fate) noexcept;

// The same for a callback of a drain, which reports the failure itself.
void HandleFailureInDrain(const OwnedDirectory& directory,
                          const absl::Status& status) noexcept;

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_REMOVAL_FAILURE_H_
