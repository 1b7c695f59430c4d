// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/system/process_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace finalize_internal {
namespace {

// The number of the field of /proc/PID/stat, from 1, as proc(5) has them.
constexpr int kStartField = 22;

// Returns the length; 0 on an error. Reads of the first thread, because in
// /proc/self/stat qemu-user reports when the calling thread has started.
size_t ReadStat(char* text, size_t size) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t length = read(file, text, size);
  close(file);
  return length < 0 ? 0 : static_cast<size_t>(length);
}

uint64_t StartOfThisProcess() {
  char text[1024];
  const size_t length = ReadStat(text, sizeof(text));
  // Field 2 is a name in parentheses that may hold anything.
  const void* const name_end = memrchr(text, ')', length);
  if (name_end == nullptr) return 0;
  const char* const end = text + length;
  int field = 2;
  uint64_t value = 0;
  for (const char* at = static_cast<const char*>(name_end) + 1; at < end;
       ++at) {
    if (*at == ' ') ++field;
    if (field > kStartField) return value;
    if (field == kStartField && *at >= '0' && *at <= '9') {
      value = value * 10 + static_cast<uint64_t>(*at - '0');
    }
  }
  return 0;
}

bool Agree(uint64_t a, uint64_t b) { return a == 0 || b == 0 || a == b; }

}  // namespace

ProcessMark MarkOfThisProcess() {
  const int error = errno;
  ProcessMark mark = {static_cast<uint64_t>(getpid()), 0, 0};
  struct stat status;
  if (stat("/proc/self/ns/pid", &status) == 0) {
    mark.pid_namespace = status.st_ino;
  }
  mark.start = StartOfThisProcess();
  errno = error;
  return mark;
}

bool MayBeSame(const ProcessMark& a, const ProcessMark& b) {
  return a.pid == b.pid && Agree(a.pid_namespace, b.pid_namespace) &&
         Agree(a.start, b.start);
}

}  // namespace finalize_internal
