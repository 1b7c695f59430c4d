// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/signals/shutdown_descriptor.h"

#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <string_view>

#include "finalize/internal/node/fork_epoch.h"

namespace finalize_internal {
namespace {

// Whether it is still an eventfd. If not, the program has closed it, for
// example with closefrom(), and the number may be that of another file.
bool IsEventDescriptor(int descriptor) {
  char path[32];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
  char target[32] = {};
  const ssize_t size = readlink(path, target, sizeof(target));
  return size > 0 && std::string_view(target, static_cast<size_t>(size)) ==
                         "anon_inode:[eventfd]";
}

}  // namespace

int OpenShutdownDescriptor() {
  static int own = -1;
  static uint32_t epoch = 0;
  if (epoch != CurrentEpoch() || !IsEventDescriptor(own)) {
    own = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    epoch = CurrentEpoch();
  }
  return own;
}

bool WriteShutdownDescriptor(int descriptor) {
  const uint64_t one = 1;
  return descriptor >= 0 && IsEventDescriptor(descriptor) &&
         write(descriptor, &one, sizeof(one)) == sizeof(one);
}

}  // namespace finalize_internal
