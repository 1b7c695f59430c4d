// SPDX-License-Identifier: Apache-2.0

// The fixture of the tests of tree removal: a directory to work in, and
// children that run as another user or in a separate mount namespace.

#ifndef TESTS_SUPPORT_REMOVAL_FIXTURE_H_
#define TESTS_SUPPORT_REMOVAL_FIXTURE_H_

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/forked.h"
#include "tests/support/own_process.h"
#include "tests/support/private_mounts.h"

namespace finalize_test {

// Becomes `user`, without groups, and runs `body`.
inline std::string Become(uid_t user,
                          const std::function<std::string()>& body) {
  if (setgroups(0, nullptr) != 0 || setresgid(user, user, user) != 0 ||
      setresuid(user, user, user) != 0) {
    return "cannot become another user";
  }
  // Without this, /proc/self would belong to root.
  prctl(PR_SET_DUMPABLE, 1);
  return body();
}

// Returns the directory in which the tests of this process work: on the disk,
// below TEST_TMPDIR.
inline std::string DiskBase() {
  const char* base = getenv("TEST_TMPDIR");
  return base != nullptr ? base : "/tmp";
}

// Returns one in memory, in a file system that ends with this process.
inline std::string MemoryBase() {
  static const std::string* const base = [] {
    auto* name = new std::string(DiskBase() + "/memory-XXXXXX");
    if (mkdtemp(name->data()) == nullptr) abort();
    const std::string said = MountPrivateMemory(name->c_str(), nullptr);
    if (!said.empty()) {
      fprintf(stderr, "%s\n", said.c_str());
      abort();
    }
    return name;
  }();
  return *base;
}

// A test with its own directory, which is removed at the end with everything in
// it. Names are relative to it.
class RemovalTest : public testing::Test {
 protected:
  explicit RemovalTest(const std::string& base = DiskBase())
      : scratch_(base + "/removal-XXXXXX") {
    if (mkdtemp(scratch_.data()) == nullptr) abort();
    fd_ = open(scratch_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd_ < 0) abort();
  }
  ~RemovalTest() override {
    close(fd_);
    const pid_t child = finalize_test::Forked(fork());
    if (child == 0) {
      execlp("rm", "rm", "-rf", scratch_.c_str(), nullptr);
      _exit(127);
    }
    waitpid(child, nullptr, 0);
  }

  int fd() const { return fd_; }
  std::string Path(const std::string& name) const {
    return scratch_ + "/" + name;
  }
  void MakeDirectory(const std::string& name, mode_t mode = 0755) {
    ASSERT_EQ(mkdirat(fd_, name.c_str(), 0755), 0) << name << strerror(errno);
    ASSERT_EQ(fchmodat(fd_, name.c_str(), mode, 0), 0) << name;
  }
  void MakeFile(const std::string& name, const std::string& content = "") {
    const int file = openat(fd_, name.c_str(),
                            O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    ASSERT_GE(file, 0) << name << ": " << strerror(errno);
    ASSERT_EQ(write(file, content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
    close(file);
  }
  void MakeLink(const std::string& target, const std::string& name) {
    ASSERT_EQ(symlinkat(target.c_str(), fd_, name.c_str()), 0) << name;
  }
  bool Exists(const std::string& name) const {
    struct stat status;
    return fstatat(fd_, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  }
  mode_t Mode(const std::string& name) const {
    struct stat status;
    if (fstatat(fd_, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return 0;
    return status.st_mode & 07777;
  }
  std::string Content(const std::string& name) const {
    std::ifstream file(Path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  int CountEntries(const std::string& name) const {
    DIR* directory = opendir(Path(name).c_str());
    if (directory == nullptr) return -1;
    int count = -2;
    while (readdir(directory) != nullptr) ++count;
    closedir(directory);
    return count;
  }

  // Runs `body` in a child process whose current directory is the scratch
  // directory. Returns the result of `body`: what went wrong, or an empty
  // string.
  std::string InChild(const std::function<std::string()>& body) const {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
    const pid_t child = finalize_test::Forked(fork());
    if (child < 0) return "no child";
    if (child == 0) {
      close(ends[0]);
      const std::string said =
          fchdir(fd_) == 0 ? body() : std::string("no current directory");
      const bool told = write(ends[1], said.data(), said.size()) ==
                        static_cast<ssize_t>(said.size());
      _exit(told ? 0 : 1);
    }
    close(ends[1]);
    std::string said;
    char buffer[512];
    ssize_t size;
    while ((size = read(ends[0], buffer, sizeof buffer)) > 0) {
      said.append(buffer, size);
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
      said += " killed by signal " + std::to_string(WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
      said += " exit status " + std::to_string(WEXITSTATUS(status));
    }
    return said;
  }

  // Does the same as an unprivileged user, who first becomes the owner of
  // everything in the scratch directory.
  std::string AsNobody(const std::function<std::string()>& body) const {
    const std::string given = InChild([] {
      execlp("chown", "chown", "-hR", "65534:65534", ".", nullptr);
      return std::string("no chown");
    });
    if (!given.empty()) return given;
    return InChild([&] { return Become(kNobody, body); });
  }

 private:
  std::string scratch_;
  int fd_ = -1;
};

class RemovalInMemoryTest : public RemovalTest {
 protected:
  RemovalInMemoryTest() : RemovalTest(MemoryBase()) {}
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_REMOVAL_FIXTURE_H_
