// SPDX-License-Identifier: Apache-2.0

// A FUSE file system for a test, mounted in a mount namespace of its own.
//
//   RunForked([] {
//     EnterPrivateMounts();
//     FuseMount mount({"bindfs", "/tmp/below", "/tmp/above"});
//     ...
//   });
#ifndef TESTS_SUPPORT_FUSE_MOUNT_H_
#define TESTS_SUPPORT_FUSE_MOUNT_H_

#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/support/forked.h"

namespace finalize_test {

// Mounts on the last argument, and ends the mount, and with it the server,
// when it is destroyed. The program returns when the mount is there.
class FuseMount {
 public:
  explicit FuseMount(std::vector<std::string> command)
      : target_(command.back()) {
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    const pid_t child = finalize_test::Forked(fork());
    if (child == 0) {
      execvp(arguments[0], arguments.data());
      perror(arguments[0]);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status == 0) return;
    fprintf(stderr, "no mount on %s\n", target_.c_str());
    abort();
  }
  ~FuseMount() { umount2(target_.c_str(), MNT_DETACH); }
  FuseMount(const FuseMount&) = delete;
  FuseMount& operator=(const FuseMount&) = delete;

 private:
  const std::string target_;
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_FUSE_MOUNT_H_
