// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/system/move_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tempdir_internal {
namespace {

bool IsUnknown(int result) { return result == -EINVAL || result == -ENOSYS; }

int ReplaceNew(int directory, const char* name, int target_directory,
               const char* target) {
  if (mkdirat(target_directory, target, 0700) != 0) return -errno;
  if (renameat(directory, name, target_directory, target) == 0) return 0;
  const int error = errno;
  unlinkat(target_directory, target, AT_REMOVEDIR);
  return -error;
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
  const char* const name = entry.name.c_str();
  if (!entry.is_file) {
    return -MoveDirectory(kKernelCalls, entry.directory, name, target_directory,
                          target.c_str());
  }
  const int result =
      kKernelCalls.rename(entry.directory, name, target_directory,
                          target.c_str(), RENAME_NOREPLACE);
  return IsUnknown(result) ? MoveFile(entry, target_directory, target.c_str())
                           : -result;
}

int MoveDirectory(const SystemCalls& calls, int directory, const char* name,
                  int target_directory, const char* target) {
  const int result =
      calls.rename(directory, name, target_directory, target, RENAME_NOREPLACE);
  return IsUnknown(result)
             ? ReplaceNew(directory, name, target_directory, target)
             : result;
}

}  // namespace tempdir_internal
