// AwaitBlocked: waits until another thread of this process sleeps.
//
//   pid_t reader = 0;  // set by that thread to ThisThread()
//   AwaitBlocked(reader, SYS_read);
#ifndef TESTS_BLOCKED_THREAD_H_
#define TESTS_BLOCKED_THREAD_H_

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <string>

namespace finalize_test {

inline pid_t ThisThread() { return static_cast<pid_t>(syscall(SYS_gettid)); }

// Waits until `thread` sleeps in the system call of number `call`.
inline void AwaitBlocked(pid_t thread, long call) {
  const std::string path =
      "/proc/self/task/" + std::to_string(thread) + "/syscall";
  const std::string expected = std::to_string(call) + " ";
  for (;;) {
    char text[64] = {};
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const ssize_t size = read(file, text, sizeof(text) - 1);
    close(file);
    if (size > 0 && std::string(text).rfind(expected, 0) == 0) return;
    sched_yield();
  }
}

// The same for a thread that tells its id in `thread`, 0 until then.
inline void AwaitBlocked(const std::atomic<pid_t>& thread, long call) {
  while (thread == 0) sched_yield();
  AwaitBlocked(thread.load(), call);
}

}  // namespace finalize_test

#endif  // TESTS_BLOCKED_THREAD_H_
