// SPDX-License-Identifier: Apache-2.0

// A rootless user namespace, as `unshare -r` makes it.
#ifndef TESTS_FILE_SYSTEMS_USER_NAMESPACE_H_
#define TESTS_FILE_SYSTEMS_USER_NAMESPACE_H_

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <string>

namespace finalize_test {

inline bool WriteToFile(const char* file, const std::string& text) {
  const int fd = open(file, O_WRONLY | O_CLOEXEC);
  const bool whole =
      write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return whole;
}

// Makes this user, and its group, root of a namespace of its own, in which all
// others are one. False if the system does not allow it. The process must have
// one thread.
inline bool BecomeRootOfANamespace() {
  const std::string user = std::to_string(geteuid());
  const std::string group = std::to_string(getegid());
  // Else the files in /proc of a process that was the superuser are the
  // superuser's.
  return unshare(CLONE_NEWUSER) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0 &&
         WriteToFile("/proc/self/setgroups", "deny") &&
         WriteToFile("/proc/self/uid_map", "0 " + user + " 1") &&
         WriteToFile("/proc/self/gid_map", "0 " + group + " 1");
}

}  // namespace finalize_test

#endif  // TESTS_FILE_SYSTEMS_USER_NAMESPACE_H_
