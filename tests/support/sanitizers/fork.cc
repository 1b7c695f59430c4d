// SPDX-License-Identifier: Apache-2.0

// Linked into every program of --config=asan and --config=tsan. Before LLVM 17
// those run-times have no fork handlers for all of their locks: a child that is
// forked while another thread is inside the allocator, as each thread is when
// it starts, never returns from malloc. So a fork waits until the other threads
// sleep, but not for long, because a thread that computes may not allocate.
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr int kMaxNaps = 1000;
constexpr timespec kNap = {0, 100000};

struct Entry {  // as getdents64 writes it
  unsigned long inode;
  long offset;
  unsigned short size;
  unsigned char type;
  char name[1];
};

// Returns whether the thread runs, or waits for a disk.
bool IsBusy(const char* thread) {
  char text[512];
  snprintf(text, sizeof(text), "/proc/self/task/%s/stat", thread);
  const int fd = open(text, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t size = read(fd, text, sizeof(text) - 1);
  close(fd);
  if (size <= 0) return false;
  text[size] = '\0';
  const char* state = strrchr(text, ')');
  return state != nullptr && (state[2] == 'R' || state[2] == 'D');
}

bool OthersAreBusy() {
  const int tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (tasks < 0) return false;
  bool busy = false;
  alignas(Entry) char buffer[4096];
  long size;
  while (!busy &&
         (size = syscall(SYS_getdents64, tasks, buffer, sizeof(buffer))) > 0) {
    for (long at = 0; at < size && !busy;) {
      const auto* entry = reinterpret_cast<const Entry*>(buffer + at);
      const char* name = buffer + at + offsetof(Entry, name);
      busy = name[0] != '.' && atoi(name) != gettid() && IsBusy(name);
      at += entry->size;
    }
  }
  close(tasks);
  return busy;
}

void AwaitOthersAsleep() {
  for (int i = 0; i < kMaxNaps && OthersAreBusy(); ++i) {
    nanosleep(&kNap, nullptr);
  }
}

[[gnu::constructor]] void Install() {
  pthread_atfork(&AwaitOthersAsleep, nullptr, nullptr);
}

}  // namespace
