// SPDX-License-Identifier: Apache-2.0

// The fixture of the tests of temp dirs: a separate directory as $TMPDIR, and
// real child processes.

#ifndef TESTS_SUPPORT_TEMP_DIR_FIXTURE_H_
#define TESTS_SUPPORT_TEMP_DIR_FIXTURE_H_

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tests/support/forked.h"
#include "tests/support/own_process.h"
#include "tests/support/private_mounts.h"

namespace finalize_test {

// How a child ended, and what it wrote to standard output and error.
struct Ended {
  int exit_code = -1;  // -1: by a signal
  int signal = 0;
  std::string output;
};

// Runs `body` in a child process. If it returns, the child calls _exit(0).
inline Ended RunForked(const std::function<void()>& body) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  fflush(nullptr);
  const pid_t child = finalize_test::Forked(fork());
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    // An exception ends the child, because the parent runs the rest of the
    // tests.
    [&body]() noexcept { body(); }();
    fflush(nullptr);
    _exit(0);
  }
  close(ends[1]);
  Ended ended;
  char buffer[512];
  ssize_t size;
  while ((size = read(ends[0], buffer, sizeof buffer)) > 0) {
    ended.output.append(buffer, static_cast<size_t>(size));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) ended.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  return ended;
}

// For the body of a child: prints `what` if `holds` is false, so that a test
// that expects an empty output fails.
inline void SayUnless(bool holds, const std::string& what) {
  if (!holds) dprintf(STDERR_FILENO, "%s\n", what.c_str());
}

inline bool Exists(const boost::filesystem::path& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0;
}
inline mode_t Mode(const boost::filesystem::path& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}
inline void MakeFile(const boost::filesystem::path& path) {
  std::ofstream(path.native()) << "content";
}
inline void MakeDirectory(const boost::filesystem::path& path) {
  if (mkdir(path.c_str(), 0755) != 0) abort();
}

// Returns the names in a directory, sorted.
inline std::vector<std::string> Entries(const boost::filesystem::path& path) {
  std::vector<std::string> names;
  DIR* const directory = opendir(path.c_str());
  if (directory == nullptr) return {"(cannot be read)"};
  while (const dirent* const entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(directory);
  std::sort(names.begin(), names.end());
  return names;
}

// Returns the path that was kept in `parent` after a failure: `parent` has one
// directory for it, which holds a mark and what was kept.
inline boost::filesystem::path WhatAFailureLeft(
    const boost::filesystem::path& parent) {
  for (const std::string& name : Entries(parent)) {
    if (!Exists(parent / name / ".keep")) continue;
    const std::vector<std::string> kept = Entries(parent / name);
    if (kept.size() == 2) return parent / name / kept[1];
  }
  return "(nothing was kept)";
}

// Moves this process into a new mount namespace, in which `path` is an empty
// file system in memory with these mount options. Aborts if that is refused.
inline void MountMemory(const boost::filesystem::path& path,
                        const char* options = "mode=1777") {
  const std::string said = MountPrivateMemory(path.c_str(), options);
  if (!said.empty()) {
    fprintf(stderr, "%s\n", said.c_str());
    abort();
  }
}

inline void BecomeNobody() {
  if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
      setresuid(kNobody, kNobody, kNobody) != 0) {
    abort();
  }
}

// The test's own directory, which is also $TMPDIR.
class Scratch {
 public:
  Scratch() {
    const char* base = getenv("TEST_TMPDIR");
    std::string path = std::string(base != nullptr ? base : "/tmp") + "/XXXXXX";
    if (mkdtemp(path.data()) == nullptr) abort();
    path_ = path;
    setenv("TMPDIR", path.c_str(), 1);
    unsetenv("FINALIZE_KEEP_TEMP_DIRS");
    // Prevents a thread that would have descriptors open beside those of the
    // test.
    setenv("FINALIZE_REAP", "0", 1);
  }
  ~Scratch() {
    RunForked([this] { execlp("rm", "rm", "-rf", path_.c_str(), nullptr); });
    unsetenv("TMPDIR");
  }
  const boost::filesystem::path& path() const { return path_; }

 private:
  boost::filesystem::path path_;
};

class TempDirFixture : public testing::Test {
 protected:
  // The test's directory, with everything that the library leaves in it.
  const boost::filesystem::path& scratch() const { return scratch_.path(); }
  boost::filesystem::path In(const char* name) const {
    return scratch_.path() / name;
  }
  // Returns a directory in which nothing has been created yet.
  boost::filesystem::path Parent(const char* name = "parent") const {
    const boost::filesystem::path path = In(name);
    if (!Exists(path)) MakeDirectory(path);
    return path;
  }

 private:
  Scratch scratch_;
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_TEMP_DIR_FIXTURE_H_
