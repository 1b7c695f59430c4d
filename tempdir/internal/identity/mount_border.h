// SPDX-License-Identifier: Apache-2.0

// MountBorder: where a tree removal ends. It opens what is in a directory, but
// nothing that is mounted there.
//
// What was opened is asked, never the name: a mount may appear between a look
// at a name and the opening. While both descriptors are open, the directory and
// what was opened in it are in one mount if, in this order,
//
//   openat2       opened it with RESOLVE_NO_XDEV (Linux 5.6)
//   statx         gives both the same mount id (5.8)
//   fdinfo        of /proc does (3.15)
//   file handles  come with the same mount id (2.6.39)
//
// Each may be missing, or refused by the filter of a container. If none of them
// answers, nothing is opened, unless the caller accepts a comparison of
// devices: a bind mount of the same file system then passes for a plain
// directory, unless rmdir says EBUSY.
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
// The system does not tell in which mount it is.
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

  // Whether the entry `name`, which cannot be removed because it is busy, is so
  // because something is mounted on it. If nothing tells mounts, it is.
  bool IsMountPoint(int parent, const char* name);

  // Only devices are compared here: rmdir, which answers EBUSY for a mount
  // point, is to be tried before a directory is opened.
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
  // There is no openat2.
  std::atomic<bool> plain_{false};
  std::atomic<bool> by_device_{false};
  // Ways to ask for a mount before this one were refused.
  std::atomic<int> first_way_{0};
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_IDENTITY_MOUNT_BORDER_H_
