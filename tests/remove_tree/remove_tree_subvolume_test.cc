// SPDX-License-Identifier: Apache-2.0

// RemoveTree on a btrfs with a subvolume in the tree: it has a device number of
// its own, as a mount has, but is none. For the superuser.

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/remove_tree.h"
#include "tests/support/private_mounts.h"
#include "tests/support/refused_calls.h"
#include "tests/support/removal_fixture.h"

namespace {

using finalize_test::EnterPrivateMounts;
using finalize_test::kOpenat2Call;
using finalize_test::RefuseCalls;

// Mounts a new btrfs at "disk", of the file "image". Returns what failed.
std::string MountBtrfs() {
  std::string failed = EnterPrivateMounts();
  if (!failed.empty()) return failed;
  const int image = open("image", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const bool sized = image >= 0 && ftruncate(image, off_t{256} << 20) == 0;
  close(image);
  if (!sized) return std::string("no image: ") + strerror(errno);
  if (system("PATH=$PATH:/usr/sbin mkfs.btrfs -q -f image && mount -t btrfs -o "
             "loop image disk") != 0) {
    return "cannot mount a btrfs";
  }
  return "";
}

std::string MakeSubvolume(const char* parent, const char* name) {
  const int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  btrfs_ioctl_vol_args arguments = {};
  strncpy(arguments.name, name, sizeof arguments.name - 1);
  const bool made = ioctl(fd, BTRFS_IOC_SUBVOL_CREATE, &arguments) == 0;
  close(fd);
  return made ? "" : std::string("no subvolume: ") + strerror(errno);
}

class RemoveTreeSubvolumeTest : public finalize_test::RemovalTest {
 protected:
  void SetUp() override { MakeDirectory("disk"); }
  // What RemoveTree says of a tree with a subvolume that holds a file, where
  // `calls` are refused.
  std::string Remove(const std::vector<int>& calls) {
    return InChild([&] {
      std::string said = MountBtrfs();
      if (said.empty() && mkdir("disk/tree", 0700) != 0) said = "no tree";
      if (said.empty()) said = MakeSubvolume("disk/tree", "volume");
      if (said.empty() && mkdir("disk/tree/volume/sub", 0700) != 0) {
        said = "nothing in it";
      }
      if (said.empty()) said = RefuseCalls(calls, ENOSYS);
      if (!said.empty()) return said;
      const absl::Status status = tempdir::RemoveTree("disk/tree");
      return status.ok() && access("disk/tree", F_OK) != 0 ? "removed"
                                                           : status.ToString();
    });
  }
};

// C29
TEST_F(RemoveTreeSubvolumeTest, IsRemovedWithTheTree) {
  EXPECT_EQ(Remove({}), "removed");
}

// C29, C37: also where only another way tells that it is no mount point.
TEST_F(RemoveTreeSubvolumeTest, IsNoMountPointWithoutOpenat2) {
  EXPECT_EQ(Remove({kOpenat2Call}), "removed");
  EXPECT_EQ(Remove({kOpenat2Call, SYS_statx}), "removed");
  EXPECT_EQ(Remove({kOpenat2Call, SYS_statx, SYS_name_to_handle_at}),
            "removed");
}

}  // namespace
