// SPDX-License-Identifier: Apache-2.0

// The reaper process: what it does when its owner dies, and what it is like
// until then.

#include "tempdir/reaper_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/forked.h"
#include "tests/support/lingering_process.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using finalize_test::Forked;
using finalize_test::HeldProcess;
using finalize_test::SendSignal;

tempdir::ReaperProcessOptions Program() {
  const char* const program = getenv("REAP_PROGRAM");
  tempdir::ReaperProcessOptions options;
  char absolute[PATH_MAX];
  if (realpath(program != nullptr ? program : "", absolute) == nullptr) abort();
  options.program = absolute;
  return options;
}

std::string LinkOf(const std::string& link) {
  char target[PATH_MAX];
  const ssize_t size = readlink(link.c_str(), target, sizeof target);
  return size > 0 ? std::string(target, static_cast<size_t>(size)) : "";
}

// The process that watches `owner`; 0 if there is none.
pid_t FindWatcher(pid_t owner) {
  const std::string flag = "--watch=" + std::to_string(owner);
  for (const std::string& name : Entries("/proc")) {
    std::ifstream file("/proc/" + name + "/cmdline");
    std::string line;
    std::getline(file, line);  // does not throw if the process ends now
    if (line.find(flag + '\0') != std::string::npos) return atoi(name.c_str());
  }
  return 0;
}

int OpenProcess(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

// Returns when it has ended, however long that takes.
void AwaitEnd(int process) {
  pollfd end = {process, POLLIN, 0};
  EXPECT_TRUE(process < 0 || poll(&end, 1, -1) == 1);
  close(process);
}

class ReaperProcessTest : public TempDirFixture {
 protected:
  // A process with a temp dir and a watcher, which it starts after `before`,
  // runs `body` and is killed. Returns when everything in the scratch directory
  // is gone.
  Ended RunWatched(
      const std::function<void()>& body,
      const std::function<void()>& before = [] {}) {
    const int watch = inotify_init1(IN_CLOEXEC);
    inotify_add_watch(watch, scratch().c_str(), IN_DELETE);
    const Ended ended = RunForked([&] {
      before();
      const absl::Status started = tempdir::StartReaperProcess(Program());
      SayUnless(started.ok(), started.ToString());
      MakeFile(Abandon(Make<tempdir::TempDir>())->path() / "file");
      body();
      SendSignal(getpid(), SIGKILL);
    });
    char event[4096];
    while (!Entries(scratch()).empty()) {
      if (read(watch, event, sizeof event) <= 0) break;
    }
    close(watch);
    return ended;
  }
};

// C30, edge 15.
TEST_F(ReaperProcessTest, RemovesWhatAKilledOwnerLeft) {
  const Ended ended = RunWatched([] {});
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.signal, SIGKILL);
  EXPECT_TRUE(Entries(scratch()).empty());
}

TEST_F(ReaperProcessTest, InheritsNothingAndIsNobodysChild) {
  const Ended ended = RunWatched([this] {
    const std::string errors = LinkOf("/proc/self/fd/2");
    const int inherited = open(scratch().c_str(), O_RDONLY);  // not O_CLOEXEC
    const pid_t watcher = FindWatcher(getpid());
    SayUnless(watcher > 0, "no watcher");
    const std::string files = "/proc/" + std::to_string(watcher) + "/fd";
    for (const std::string& fd : Entries(files)) {
      const std::string target = LinkOf(files + "/" + fd);
      SayUnless(target == (fd == "2" ? errors : "/dev/null") ||
                    target == "anon_inode:[pidfd]" || target.empty(),
                target);
    }
    SayUnless(LinkOf("/proc/" + std::to_string(watcher) + "/cwd") == "/",
              "cwd");
    SayUnless(getsid(watcher) != getsid(0), "session");
    SayUnless(waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD, "a child");
    close(inherited);
  });
  EXPECT_EQ(ended.output, "");
}

// A service manager sends them to every process of a service.
TEST_F(ReaperProcessTest, OutlivesTheSignalsThatEndItsOwner) {
  const Ended ended = RunWatched(
      [] {
        const pid_t watcher = FindWatcher(getpid());
        for (int number : {SIGHUP, SIGINT, SIGTERM}) {
          SendSignal(watcher, number);
        }
      },
      // It becomes the watcher's parent: its number is certain.
      [] { SayUnless(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "no subreaper"); });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.signal, SIGKILL);
  EXPECT_TRUE(Entries(scratch()).empty());
}

TEST_F(ReaperProcessTest, EndsWithItsOwner) {
  auto* const watcher =
      static_cast<pid_t*>(mmap(nullptr, sizeof(pid_t), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  RunWatched([&] { *watcher = FindWatcher(getpid()); });
  ASSERT_GT(*watcher, 0);
  AwaitEnd(OpenProcess(*watcher));
  munmap(watcher, sizeof(pid_t));
}

// It does not wait for what it cannot have: a child that the owner forked lives
// as long as it likes.
TEST_F(ReaperProcessTest, EndsWhileAChildOfItsOwnerHoldsTheRoot) {
  LingeringProcess owner([](int out) {
    auto* dir = Abandon(Make<tempdir::TempDir>());
    MakeFile(dir->path() / "file");
    if (!tempdir::StartReaperProcess(Program()).ok()) abort();
    const pid_t watcher = FindWatcher(getpid());
    const pid_t child = Forked(fork());
    if (child == 0) return;
    dprintf(out, "%d %d %s\n", watcher, child, dir->path().c_str());
  });
  pid_t watcher = 0, child = 0;
  char directory[PATH_MAX];
  ASSERT_EQ(sscanf(owner.AwaitLine().c_str(), "%d %d %s", &watcher, &child,
                   directory),
            3);
  const int process = OpenProcess(watcher);
  ASSERT_GE(process, 0);
  HeldProcess held(child);
  owner.Kill();
  AwaitEnd(process);
  EXPECT_TRUE(Exists(path(directory) / "file"));
  held.Send(SIGKILL);
}

// A descriptor that only happens to have that number is no standard error.
TEST_F(ReaperProcessTest, InheritsNoDirectoryAsStandardError) {
  const Ended ended = RunWatched(
      [] {
        const pid_t watcher = FindWatcher(getpid());
        SayUnless(
            LinkOf("/proc/" + std::to_string(watcher) + "/fd/2") == "/dev/null",
            "a directory");
      },
      [this] {
        const int fd = open(scratch().c_str(), O_RDONLY | O_DIRECTORY);
        SayUnless(dup2(fd, STDERR_FILENO) == STDERR_FILENO, "dup2");
        close(fd);
      });
  EXPECT_EQ(ended.output, "");
}

// Nor does it try for ever to remove what cannot be removed. It says that.
TEST_F(ReaperProcessTest, EndsThoughSomethingCannotBeRemoved) {
  int errors[2];
  ASSERT_EQ(pipe2(errors, O_CLOEXEC), 0);
  LingeringProcess owner([&](int out) {
    dup2(errors[1], STDERR_FILENO);
    auto* dir = Abandon(Make<tempdir::TempDir>());
    MakeFile(dir->path() / "file");
    MakeDirectory(dir->path() / "mounted");
    MountMemory(dir->path() / "mounted");
    if (!tempdir::StartReaperProcess(Program()).ok()) abort();
    dprintf(out, "%d\n", FindWatcher(getpid()));
  });
  const int process = OpenProcess(atoi(owner.AwaitLine().c_str()));
  ASSERT_GE(process, 0);
  owner.Kill();
  AwaitEnd(process);
  close(errors[1]);
  char text[4096];
  const ssize_t size = read(errors[0], text, sizeof text);
  close(errors[0]);
  const std::string said(text, size > 0 ? static_cast<size_t>(size) : 0);
  EXPECT_EQ(said.find("finalize-reap: "), 0u) << said;
  EXPECT_NE(said.find(scratch().native()), std::string::npos) << said;
  EXPECT_EQ(said.find('\n'), said.size() - 1) << said;
  ASSERT_EQ(Entries(scratch()).size(), 1u);
  const path root = scratch() / Entries(scratch())[0];
  ASSERT_EQ(Entries(root).size(), 1u);
  const path dir = root / Entries(root)[0];
  EXPECT_EQ(Entries(dir), std::vector<std::string>{"mounted"});
}

TEST_F(ReaperProcessTest, MissingProgramIsSaid) {
  tempdir::ReaperProcessOptions options;
  options.program = In("missing").native();
  EXPECT_TRUE(absl::IsNotFound(tempdir::StartReaperProcess(options)));
}

// Nothing watches in vain.
TEST_F(ReaperProcessTest, ParentThatCannotBeReadIsSaid) {
  tempdir::ReaperProcessOptions options = Program();
  options.parents = {scratch().native(), "/dev/null"};
  const absl::Status status = tempdir::StartReaperProcess(options);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_NE(status.ToString().find("/dev/null"), std::string::npos) << status;
  options.parents = {In("missing").native()};
  EXPECT_TRUE(absl::IsFailedPrecondition(tempdir::StartReaperProcess(options)));
  EXPECT_EQ(FindWatcher(getpid()), 0);
}

TEST_F(ReaperProcessTest, ProgramThatFailsIsSaid) {
  tempdir::ReaperProcessOptions options;
  options.program = "false";
  EXPECT_TRUE(absl::IsUnavailable(tempdir::StartReaperProcess(options)));
}

}  // namespace
