// Files in a temp dir: a path inside it, and a file that is there whole or not
// at all.
//
//   auto path = tempdir::PathInside(dir.path(), "objects/main.o");
//   if (!path.ok()) return path.status();
//   return tempdir::WriteFileAtomically(*path, bytes);
//
// Both are thread-safe and keep no state.

#ifndef TEMPDIR_TEMP_FILE_H_
#define TEMPDIR_TEMP_FILE_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "tempdir/path_argument.h"

namespace tempdir {

// Returns `directory`/`name`. InvalidArgument if `name` is empty or absolute,
// has a NUL in it, or a component "." or "..": the result is always below the
// directory (unless a symbolic link in there leads out). Touches no disk.
absl::StatusOr<boost::filesystem::path> PathInside(PathArgument directory,
                                                   PathArgument name);

// Writes `contents` to a file beside `path` and renames it to `path`, with
// mode 0600: whoever opens `path` sees all of the old file or all of the new
// one, also after a failure here, which leaves no other file behind. It is not
// forced to the disk: what is temporary need not survive a power loss.
absl::Status WriteFileAtomically(PathArgument path, std::string_view contents);

}  // namespace tempdir

#endif  // TEMPDIR_TEMP_FILE_H_
