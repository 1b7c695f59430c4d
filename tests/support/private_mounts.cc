// SPDX-License-Identifier: Apache-2.0

#include "tests/support/private_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace finalize_test {

namespace {

std::string Failed(const char* what) {
  return std::string(what) + ": " + strerror(errno);
}

bool MakePrivate() {
  return mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool IsRootOfAll() {
  struct stat here, above;
  return stat(".", &here) == 0 && stat("..", &above) == 0 &&
         here.st_dev == above.st_dev && here.st_ino == above.st_ino;
}

// In a chroot "/" is not a mount point. So this climbs to the real root, makes
// the mounts private there, and returns. A process whose working directory is
// outside its root may climb, so `down` becomes the root meanwhile.
bool MakePrivateFromAbove(const char* down) {
  const int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int work = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  bool done = root >= 0 && work >= 0 && fchdir(root) == 0 && chroot(down) == 0;
  while (done && !IsRootOfAll()) done = chdir("..") == 0;
  done = done && chroot(".") == 0 && MakePrivate();
  done = fchdir(root) == 0 && chroot(".") == 0 && fchdir(work) == 0 && done;
  close(root);
  close(work);
  return done;
}

}  // namespace

std::string EnterPrivateMounts() {
  if (unshare(CLONE_NEWNS) != 0) return Failed("no mount namespace");
  if (MakePrivate() || (errno == EINVAL && MakePrivateFromAbove("/proc"))) {
    return "";
  }
  return Failed("mounts cannot be made private");
}

std::string MountPrivateMemory(const char* path, const char* options) {
  const std::string said = EnterPrivateMounts();
  if (!said.empty()) return said;
  if (mount("memory", path, "tmpfs", 0, options) != 0)
    return Failed("no mount");
  return "";
}

}  // namespace finalize_test
