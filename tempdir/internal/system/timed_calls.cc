// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/system/timed_calls.h"

#include <errno.h>

#include <limits>

namespace tempdir_internal {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// When the limit of this thread passes.
thread_local int64_t deadline = kNever;

int OpenBeneath(int directory, const char* name, int flags) {
  if (TimeIsUp()) return -ECANCELED;
  return kKernelCalls.open_beneath(directory, name, flags);
}

int Open(int directory, const char* name, int flags) {
  if (TimeIsUp()) return -ECANCELED;
  return kKernelCalls.open(directory, name, flags);
}

ssize_t ReadEntries(int fd, void* buffer, size_t size) {
  if (TimeIsUp()) return -ECANCELED;
  return kKernelCalls.read_entries(fd, buffer, size);
}

int Remove(int directory, const char* name, int flags) {
  if (TimeIsUp()) return -ECANCELED;
  return kKernelCalls.remove(directory, name, flags);
}

SystemCalls MakeTimed() {
  SystemCalls calls = kKernelCalls;
  calls.open_beneath = &OpenBeneath;
  calls.open = &Open;
  calls.read_entries = &ReadEntries;
  calls.remove = &Remove;
  return calls;
}

}  // namespace

bool TimeIsUp() { return deadline != kNever && kKernelCalls.now() >= deadline; }

const SystemCalls& TimedCalls() {
  static const SystemCalls calls = MakeTimed();
  return calls;
}

TimeLimit::TimeLimit(absl::Duration limit) : before_(deadline) {
  const int64_t now = kKernelCalls.now();
  const int64_t length = absl::ToInt64Nanoseconds(limit);
  deadline = length >= kNever - now ? kNever : now + length;
}

TimeLimit::~TimeLimit() { deadline = before_; }

}  // namespace tempdir_internal
