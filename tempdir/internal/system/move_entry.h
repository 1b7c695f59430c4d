// SPDX-License-Identifier: Apache-2.0

// MoveEntry, MoveDirectory: move a directory or a file to another name, never
// over an entry that exists.

#ifndef TEMPDIR_INTERNAL_SYSTEM_MOVE_ENTRY_H_
#define TEMPDIR_INTERNAL_SYSTEM_MOVE_ENTRY_H_

#include <string>
#include <string_view>

#include "tempdir/internal/system/system_calls.h"

namespace tempdir_internal {

struct MovedEntry {
  int directory;  // in which it is
  const std::string& name;
  std::string_view path;  // for messages
  bool is_file;           // else it is a directory
};

// Moves it to the name `target` in the directory open at `target_directory`
// (O_PATH is enough), in one step. Returns 0 or an errno; EEXIST if there is
// an entry.
//
// If the file system or the kernel has no RENAME_NOREPLACE, or a filter refuses
// the system call, a directory replaces an empty one that is created there
// first; a file is linked there, and then its old name is removed.
int MoveEntry(const MovedEntry& entry, int target_directory,
              const std::string& target);

// The same for a directory `name` in the one open at `directory`. Returns 0 or
// -errno. `calls` renames; async-signal-safe if it is.
int MoveDirectory(const SystemCalls& calls, int directory, const char* name,
                  int target_directory, const char* target);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_MOVE_ENTRY_H_
