// SPDX-License-Identifier: Apache-2.0

// Creates what killed processes leave behind, for tests of the reaper.

#ifndef TESTS_SUPPORT_DEAD_ROOTS_H_
#define TESTS_SUPPORT_DEAD_ROOTS_H_

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "boost/filesystem/path.hpp"
#include "tempdir/internal/marks/root_mark.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace finalize_test {

// Turns a directory into a root as a process of this user would have created
// it.
inline void MarkAsRoot(const boost::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fchmod(fd, tempdir_internal::kMarkedRootMode) != 0 ||
      !tempdir_internal::MarkRoot(fd, path.native()).ok()) {
    abort();
  }
  close(fd);
}

// A user that a user namespace maps. kNobody stands there for all users that
// the namespace does not map.
inline constexpr uid_t kSomeUser = 1234;

inline void BecomeSomeUser() {
  if (setgroups(0, nullptr) != 0 ||
      setresgid(kSomeUser, kSomeUser, kSomeUser) != 0 ||
      setresuid(kSomeUser, kSomeUser, kSomeUser) != 0) {
    abort();
  }
}

// Kills a process that has a temp dir with a file in `parent`, and returns its
// root.
inline boost::filesystem::path MakeDeadRoot(
    const boost::filesystem::path& parent) {
  std::string output =
      RunForked([&parent] {
        setenv("FINALIZE_REAP", "0", 1);
        auto* dir = Abandon(Make<tempdir::TempDir>(
            tempdir::TempDirOptions().set_parent(parent)));
        MakeFile(dir->path() / "file");
        dprintf(STDOUT_FILENO, "%s", dir->path().parent_path().c_str());
        finalize_test::SendSignal(getpid(), SIGKILL);
      }).output;
  if (!Exists(output)) abort();
  return output;
}

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_DEAD_ROOTS_H_
