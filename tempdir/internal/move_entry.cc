#include "tempdir/internal/move_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tempdir_internal {
namespace {

int MoveDirectory(const MovedEntry& entry, int target_directory,
                  const char* target) {
  if (mkdirat(target_directory, target, 0700) != 0) return errno;
  if (renameat(entry.directory, entry.name.c_str(), target_directory, target) ==
      0) {
    return 0;
  }
  const int error = errno;
  unlinkat(target_directory, target, AT_REMOVEDIR);
  return error;
}

int MoveFile(const MovedEntry& entry, int target_directory,
             const char* target) {
  const char* const name = entry.name.c_str();
  if (linkat(entry.directory, name, target_directory, target, 0) != 0) {
    return errno;
  }
  if (unlinkat(entry.directory, name, 0) == 0) return 0;
  const int error = errno;
  unlinkat(target_directory, target, 0);
  return error;
}

}  // namespace

int MoveEntry(const MovedEntry& entry, int target_directory,
              const std::string& target) {
  if (renameat2(entry.directory, entry.name.c_str(), target_directory,
                target.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  // EPERM: a container profile that does not know the system call.
  if (errno != EINVAL && errno != ENOSYS && errno != EPERM) return errno;
  return entry.is_file ? MoveFile(entry, target_directory, target.c_str())
                       : MoveDirectory(entry, target_directory, target.c_str());
}

}  // namespace tempdir_internal
