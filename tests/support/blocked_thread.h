// SPDX-License-Identifier: Apache-2.0

// AwaitBlocked waits until another thread of this process sleeps.
//
//   pid_t reader = 0;  // set by that thread to ThisThread()
//   AwaitBlocked(reader, SYS_read);
//   AwaitInExit(ender);  // it has called exit(), and cannot continue
#ifndef TESTS_SUPPORT_BLOCKED_THREAD_H_
#define TESTS_SUPPORT_BLOCKED_THREAD_H_

#include <dlfcn.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/support/exit_lock.h"

namespace finalize_test {

inline pid_t ThisThread() { return static_cast<pid_t>(syscall(SYS_gettid)); }

// Returns the system call in which `thread` sleeps, and its arguments, as the
// kernel writes them.
inline std::string CallOf(pid_t thread) {
  const std::string path =
      "/proc/self/task/" + std::to_string(thread) + "/syscall";
  char text[64] = {};
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t size = read(file, text, sizeof(text) - 1);
  close(file);
  return size > 0 ? text : "";
}

// Returns whether `thread` sleeps in the system call with the number `call`.
inline bool IsBlocked(pid_t thread, long call) {
  return CallOf(thread).rfind(std::to_string(call) + " ", 0) == 0;
}

// Returns how often `thread` has gone to sleep.
inline int CountSleeps(pid_t thread) {
  std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/status");
  constexpr std::string_view kField = "voluntary_ctxt_switches:";
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(kField, 0) == 0)
      return std::stoi(line.substr(kField.size()));
  }
  return 0;
}

// Waits until `thread` sleeps in that system call.
inline void AwaitBlocked(pid_t thread, long call) {
  while (!IsBlocked(thread, call)) sched_yield();
}

// Returns whether `thread` sleeps in futex(), but not on the lock that glibc
// before 2.41 has in exit(), and holds for a moment only.
inline bool SleepsInExit(pid_t thread) {
  const std::string call = CallOf(thread);
  const std::string futex = std::to_string(SYS_futex) + " ";
  if (call.rfind(futex, 0) != 0) return false;
  const auto word = std::stoull(call.substr(futex.size()), nullptr, 16);
  Dl_info of_word, of_library;
  return ExitHasALock() ||
         dladdr(reinterpret_cast<void*>(word), &of_word) == 0 ||
         dladdr(reinterpret_cast<void*>(&gnu_get_libc_version), &of_library) ==
             0 ||
         of_word.dli_fbase != of_library.dli_fbase;
}

// Waits until `thread`, which calls exit() or quick_exit() and has not slept
// before, is blocked: the library blocks it or makes it stand by, or it sleeps
// on the C library's lock (glibc 2.41 and newer).
inline void AwaitInExit(pid_t thread) {
  while (!IsBlocked(thread, SYS_pause) && !SleepsInExit(thread)) sched_yield();
}

// The same for a thread that stores its id in `thread`, which is 0 until then.
inline void AwaitInExit(const std::atomic<pid_t>& thread) {
  while (thread == 0) sched_yield();
  AwaitInExit(thread.load());
}
inline void AwaitBlocked(const std::atomic<pid_t>& thread, long call) {
  while (thread == 0) sched_yield();
  AwaitBlocked(thread.load(), call);
}

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_BLOCKED_THREAD_H_
