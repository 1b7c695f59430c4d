// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/subject/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "examples/compare/subject/owner.h"
#include "examples/send_signal.h"

namespace compare {
namespace {

// Says why, and ends the process at once.
[[noreturn]] void Refuse(const std::string& what, int error) {
  std::cerr << kRefusedWords << what << ": " << strerror(error) << std::endl;
  _exit(kRefused);
}

void Need(bool holds, const std::string& what) {
  if (!holds) Refuse(what, errno);
}

constexpr char kNoMap[] =
    "cannot be played on this machine: the users of a namespace cannot be "
    "mapped\n";

// What the new process writes to /proc.
struct Map {
  const char* file;
  std::string text;
};

bool Write(const Map& map) {
  const long file =
      syscall(SYS_openat, AT_FDCWD, map.file, O_WRONLY | O_CLOEXEC, 0);
  const long size = static_cast<long>(map.text.size());
  return file >= 0 &&
         syscall(SYS_write, file, map.text.data(), map.text.size()) == size;
}

// A fork into new namespaces. unshare() refuses a process with a second thread,
// and ThreadSanitizer starts one. The C library does not know of this child,
// which therefore makes bare system calls until it executes a program.
pid_t CloneIntoNamespace() {
  clone_args arguments = {};
  arguments.flags = CLONE_NEWUSER | CLONE_NEWNS;
  arguments.exit_signal = SIGCHLD;
  return static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
}

void MountEmptyDir(const std::string& path) {
  // The setgid bit is that of a volume with an fsGroup.
  Check(chmod(path.c_str(), 02777) == 0, "chmod");
  // Without them, a reaper refuses everything where others may rename.
  Need(setxattr(path.c_str(), "user.compare", "", 0, 0) == 0 &&
           removexattr(path.c_str(), "user.compare") == 0,
       "extended attributes of files");
  Need(mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0,
       "a mount");
}

// Its upper layer is the directory on which it is mounted. The other two
// directories are beside that one.
void MountOverlay(const std::string& path) {
  const std::string lower = path + ".lower";
  const std::string work = path + ".work";
  Check(mkdir(lower.c_str(), 0700) == 0 && mkdir(work.c_str(), 0700) == 0,
        "mkdir");
  const std::string layers =
      "userxattr,lowerdir=" + lower + ",upperdir=" + path + ",workdir=" + work;
  Need(mount("overlay", path.c_str(), "overlay", 0, layers.c_str()) == 0,
       "an overlay");
}

}  // namespace

void RunInNamespace(const std::vector<std::string>& arguments) {
  const Map maps[] = {
      {"/proc/self/setgroups", "deny"},
      {"/proc/self/uid_map", "0 " + std::to_string(geteuid()) + " 1"},
      {"/proc/self/gid_map", "0 " + std::to_string(getegid()) + " 1"}};
  std::vector<char*> words = {const_cast<char*>("container")};
  for (const std::string& argument : arguments) {
    words.push_back(const_cast<char*>(argument.c_str()));
  }
  words.push_back(nullptr);
  const pid_t child = CloneIntoNamespace();
  if (child == 0) {
    if (Write(maps[0]) && Write(maps[1]) && Write(maps[2])) {
      syscall(SYS_execve, "/proc/self/exe", words.data(), environ);
    }
    syscall(SYS_write, STDERR_FILENO, kNoMap, sizeof kNoMap - 1);
    syscall(SYS_exit_group, kRefused);
  }
  Need(child > 0, "a user namespace");
  EndAs(AwaitEnd(child));
}

void EnterPlace(Place place) {
  const char* const path = std::getenv("TMPDIR");
  Check(path != nullptr, "no TMPDIR");
  if (place == Place::kEmptyDir) MountEmptyDir(path);
  if (place == Place::kOverlay) MountOverlay(path);
}

int AwaitEnd(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) Check(errno == EINTR, "waitpid");
  return status;
}

void EndAs(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    signal(WTERMSIG(wait_status), SIG_DFL);
    examples::SendSignal(getpid(), WTERMSIG(wait_status));
  }
  _exit(WEXITSTATUS(wait_status));
}

}  // namespace compare
