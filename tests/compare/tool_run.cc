// SPDX-License-Identifier: Apache-2.0

#include "tests/compare/tool_run.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "gtest/gtest.h"
#include "tests/support/forked.h"

namespace finalize_test {
namespace {

std::string ScratchDirectory() {
  const char* const base = getenv("TEST_TMPDIR");
  std::string path =
      std::string(base != nullptr ? base : "/tmp") + "/toolXXXXXX";
  if (mkdtemp(path.data()) == nullptr) abort();
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void Redirect(const std::string& path, int descriptor) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (file < 0 || dup2(file, descriptor) != descriptor) _exit(126);
  close(file);
}

}  // namespace

ToolRun RunProgram(const std::string& program,
                   const std::vector<std::string>& arguments,
                   const std::function<void()>& setup) {
  const std::string scratch = ScratchDirectory();
  // By descriptor, so that another user finds it where this one may look.
  const int file = open(program.c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const pid_t child = finalize_test::Forked(fork());
  if (child == 0) {
    Redirect(scratch + "/output", STDOUT_FILENO);
    Redirect(scratch + "/errors", STDERR_FILENO);
    // What the programs show is what leaks.
    setenv("LSAN_OPTIONS", "detect_leaks=0", 1);
    if (setup != nullptr) setup();
    fexecve(file, argv.data(), environ);
    _exit(127);
  }
  close(file);
  int status = 0;
  waitpid(child, &status, 0);
  ToolRun run;
  if (WIFEXITED(status)) run.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) run.signal = WTERMSIG(status);
  run.output = ReadFile(scratch + "/output");
  run.errors = ReadFile(scratch + "/errors");
  std::filesystem::remove_all(scratch);
  return run;
}

ToolRun Compare(const std::vector<std::string>& arguments,
                const std::function<void()>& setup) {
  const std::string parent = ScratchDirectory();
  const ToolRun run = RunProgram("examples/compare_tempdirs", arguments, [&] {
    setenv("TMPDIR", parent.c_str(), 1);
    if (setup != nullptr) setup();
  });
  EXPECT_TRUE(std::filesystem::is_empty(parent)) << "something was left";
  std::filesystem::remove_all(parent);
  return run;
}

bool MachineRefusesPlaces() {
  // A program of its own: a process with threads, as ThreadSanitizer makes one,
  // cannot enter a user namespace.
  const bool namespaces =
      system("unshare --user --map-root-user --mount true 2>/dev/null") == 0;
  const std::string scratch = ScratchDirectory();
  struct statfs system;
  const bool overlay = statfs(scratch.c_str(), &system) != 0 ||
                       system.f_type == OVERLAYFS_SUPER_MAGIC;
  const bool attributes = setxattr(scratch.c_str(), "user.test", "", 0, 0) == 0;
  std::filesystem::remove_all(scratch);
  return !namespaces || overlay || !attributes;
}

}  // namespace finalize_test
