// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/system/local_file_system.h"

#include <sys/vfs.h>

#include "absl/strings/str_format.h"

namespace tempdir_internal {
namespace {

struct Known {
  unsigned long type;
  const char* name;
  bool flock_holds;
};

constexpr Known kKnown[] = {
    {0xef53, "ext4", true},         {0x58465342, "xfs", true},
    {0x9123683e, "btrfs", true},    {0x01021994, "tmpfs", true},
    {0x858458f6, "ramfs", true},    {0x794c7630, "overlay", true},
    {0xf2f52010, "f2fs", true},     {0x2fc12fc1, "zfs", true},
    {0xca451a4e, "bcachefs", true}, {0x3153464a, "jfs", true},
    {0x52654973, "reiserfs", true}, {0x6969, "nfs", false},
    {0xff534d42, "cifs", false},    {0xfe534d42, "smb2", false},
    {0x65735546, "fuse", false},    {0x01021997, "9p", false},
    {0x00c36400, "ceph", false},    {0x5346414f, "afs", false},
    {0x01161970, "gfs2", false},    {0x7461636f, "ocfs2", false},
    {0x0bd00bd0, "lustre", false},  {0x786f4256, "vboxsf", false},
    {0xf15f, "ecryptfs", false},
};

}  // namespace

FileSystem FileSystemOfType(unsigned long type) {
  for (const Known& known : kKnown) {
    if (known.type == type) return {known.name, known.flock_holds};
  }
  return {absl::StrFormat("type %#x", type), false};
}

FileSystem FileSystemOf(int fd) {
  struct statfs status;
  if (fstatfs(fd, &status) != 0) return {"unknown", false};
  // The types are numbers of 32 bits, in a field that may be signed.
  return FileSystemOfType(static_cast<unsigned int>(status.f_type));
}

}  // namespace tempdir_internal
