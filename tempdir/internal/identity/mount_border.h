// SPDX-License-Identifier: Apache-2.0

// MountBorder: where a tree removal ends. It opens what is in a directory, but
// nothing that is mounted there.
//
// It opens an entry first and then asks about the descriptor, never about the
// name: a mount may appear between a look at a name and the opening. These are
// asked, in this order, whether the directory and the opened entry are in one
// mount, while both descriptors are open:
//
//   openat2       opens nothing on another mount: RESOLVE_NO_XDEV (Linux 5.6)
//   statx         returns a mount id (5.8)
//   fdinfo        in /proc contains a mount id (3.15)
//   file handles  are returned with a mount id (2.6.39)
//
// Each may be missing, or refused by the filter of a container. If all of them
// are, nothing is opened, unless the caller accepts a comparison of devices.
// That comparison takes a bind mount of the same file system for a plain
// directory, unless rmdir returns EBUSY.
//
// Thread-safe. Async-signal-safe.

#ifndef TEMPDIR_INTERNAL_IDENTITY_MOUNT_BORDER_H_
#define TEMPDIR_INTERNAL_IDENTITY_MOUNT_BORDER_H_

#include <atomic>
#include <cerrno>

#include "tempdir/internal/system/system_calls.h"

namespace tempdir_internal {

// What Open returns (negated) besides error numbers of the kernel, which end at
// 4095.
constexpr int kMountPoint = EXDEV;
// It is on another device than the directory that it is in: a mount point, or a
// subvolume. Only devices can be compared.
constexpr int kOtherDevice = 4096;
// The system does not tell on which mount it is.
constexpr int kMountsUnknown = 4097;

class MountBorder {
 public:
  MountBorder(const SystemCalls& calls, bool compare_devices)
      : calls_(calls), compare_devices_(compare_devices) {}
  MountBorder(const MountBorder&) = delete;
  MountBorder& operator=(const MountBorder&) = delete;

  // Opens the entry `name` of the directory open at `parent`, or "..". `flags`
  // contain O_NOFOLLOW. Returns a descriptor, an error number negated, or one
  // of the three above.
  int Open(int parent, const char* name, int flags);

  // For the entry `name`, which is busy and so cannot be removed: returns
  // whether something is mounted on it; true if nothing tells mounts.
  bool IsMountPoint(int parent, const char* name);

  // Whether only devices can be compared. Then the caller tries rmdir, which
  // returns EBUSY for a mount point, before it opens a directory.
  bool compares_devices() const {
    return by_device_.load(std::memory_order_relaxed);
  }

 private:
  int OpenPlain(int parent, const char* name, int flags);
  // Returns 0 if both are in one mount.
  int Compare(int parent, int fd);
  int CompareDevices(int parent, int fd);

  const SystemCalls& calls_;
  const bool compare_devices_;
  // Whether openat2 is missing or refused.
  std::atomic<bool> plain_{false};
  std::atomic<bool> by_device_{false};
  // The first way to ask for a mount that was not refused.
  std::atomic<int> first_way_{0};
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_IDENTITY_MOUNT_BORDER_H_
