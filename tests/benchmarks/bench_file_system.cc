// SPDX-License-Identifier: Apache-2.0

#include "tests/benchmarks/bench_file_system.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"

ABSL_FLAG(std::string, tmpfs, "/dev/shm", "a directory on a tmpfs");
ABSL_FLAG(std::string, disk, "/var/tmp", "a directory on a disk");

namespace bench {
namespace {

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

// Returns the name of the file system's type; empty if there is none there.
std::string TypeOf(const std::string& directory) {
  struct statfs status;
  if (statfs(directory.c_str(), &status) != 0) return "";
  switch (status.f_type) {
    case TMPFS_MAGIC:
      return "tmpfs";
    case EXT4_SUPER_MAGIC:
      return "ext4";
    case XFS_SUPER_MAGIC:
      return "xfs";
    case BTRFS_SUPER_MAGIC:
      return "btrfs";
    default:
      return absl::StrCat("type 0x", absl::Hex(status.f_type));
  }
}

FileSystem At(const std::string& name, const std::string& directory) {
  const std::string type = TypeOf(directory);
  const bool fits = (name == "tmpfs") == (type == "tmpfs");
  if (type.empty() || !fits || access(directory.c_str(), W_OK) != 0) {
    return {name, "", absl::StrCat("no ", name, " at ", directory)};
  }
  return {name, directory, type};
}

}  // namespace

std::vector<FileSystem> FileSystems() {
  return {At("tmpfs", absl::GetFlag(FLAGS_tmpfs)),
          At("disk", absl::GetFlag(FLAGS_disk))};
}

void WriteOut(int directory) { syncfs(directory); }

bool WriteOutAndForget(int directory) {
  syncfs(directory);
  const int control = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
  if (control < 0) return false;
  const bool dropped = write(control, "1", 1) == 1;
  close(control);
  return dropped;
}

}  // namespace bench
