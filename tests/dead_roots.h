// What dead processes leave, for tests of the reaper.

#ifndef TESTS_DEAD_ROOTS_H_
#define TESTS_DEAD_ROOTS_H_

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "boost/filesystem/path.hpp"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/send_signal.h"
#include "tests/temp_dir_styles.h"

namespace temp_dir_fixture {

// Kills a process that has a temp dir with a file in `parent`, and returns its
// root.
inline boost::filesystem::path LeaveRoot(
    const boost::filesystem::path& parent) {
  std::string output =
      RunChild([&parent] {
        setenv("FINALIZE_REAP", "0", 1);
        auto* dir = Abandon(
            Make<tempdir::TempDir>(tempdir::TempDirOptions().Parent(parent)));
        MakeFile(dir->path() / "file");
        dprintf(STDOUT_FILENO, "%s", dir->path().parent_path().c_str());
        finalize_test::SendSignal(getpid(), SIGKILL);
      }).output;
  if (!Exists(output)) abort();
  return output;
}

}  // namespace temp_dir_fixture

#endif  // TESTS_DEAD_ROOTS_H_
