// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/identity/mount_border.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>

namespace tempdir_internal {
namespace {

constexpr MountQuestion kQuestions[] = {MountQuestion::kStatx,
                                        MountQuestion::kDescriptorInfo,
                                        MountQuestion::kFileHandle};
constexpr int kQuestionCount = sizeof kQuestions / sizeof kQuestions[0];

// Whether a further try may succeed.
bool IsPassing(int result) {
  return result == -EMFILE || result == -ENFILE || result == -ENOMEM;
}

}  // namespace

int MountBorder::Open(int parent, const char* name, int flags) {
  if (plain_.load(std::memory_order_relaxed)) {
    return OpenPlain(parent, name, flags);
  }
  const int fd = calls_.open_beneath(parent, name, flags);
  if (fd != -ENOSYS && fd != -EPERM) return fd;
  // EPERM may come from the filter of a container, or be about this entry.
  const int plain = OpenPlain(parent, name, flags);
  if (fd == -ENOSYS || plain >= 0) {
    plain_.store(true, std::memory_order_relaxed);
  }
  return plain;
}

bool MountBorder::IsMountPoint(int parent, const char* name) {
  const int fd = Open(parent, name, O_PATH | O_NOFOLLOW);
  if (fd < 0) {
    return fd == -kMountPoint || fd == -kOtherDevice || fd == -kMountsUnknown;
  }
  calls_.close(fd);
  return compares_devices();
}

int MountBorder::OpenPlain(int parent, const char* name, int flags) {
  const int fd = calls_.open(parent, name, flags);
  if (fd < 0) return fd;
  const int result = Compare(parent, fd);
  if (result == 0) return fd;
  calls_.close(fd);
  return result;
}

int MountBorder::Compare(int parent, int fd) {
  for (int way = first_way_.load(std::memory_order_relaxed);
       way < kQuestionCount; ++way) {
    uint64_t outside, inside;
    int result = calls_.mount_of(parent, kQuestions[way], &outside);
    if (result == 0) result = calls_.mount_of(fd, kQuestions[way], &inside);
    if (result == 0) {
      first_way_.store(way, std::memory_order_relaxed);
      return inside == outside ? 0 : -kMountPoint;
    }
    if (IsPassing(result)) return result;
  }
  return compare_devices_ ? CompareDevices(parent, fd) : -kMountsUnknown;
}

int MountBorder::CompareDevices(int parent, int fd) {
  by_device_.store(true, std::memory_order_relaxed);
  struct stat outside, inside;
  int result = calls_.examine(parent, "", &outside);
  if (result == 0) result = calls_.examine(fd, "", &inside);
  if (result < 0) return result;
  return inside.st_dev == outside.st_dev ? 0 : -kOtherDevice;
}

}  // namespace tempdir_internal
