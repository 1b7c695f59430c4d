// SPDX-License-Identifier: Apache-2.0

// TempFile: one file from its creation to its removal. What every temp dir does
// at the end of its process is in temp_dir_process_test.cc.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tempdir/temp_file.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_fixture.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using finalize_test::SendSignal;
using tempdir::TempDirOptions;
using tempdir::TempFile;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class TempFileLifeTest : public TempDirFixture {};

std::string Read(const path& file) {
  std::ifstream stream(file.native());
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

// C27: in the root, under a name of its form, with an open descriptor.
TEST_F(TempFileLifeTest, IsMadeInTheRoot) {
  TempFile file =
      Make<TempFile>(TempDirOptions().set_prefix("run-").set_suffix(".tbl"));
  const std::string name = file.path().filename().native();
  EXPECT_EQ(name.substr(0, 4), "run-");
  EXPECT_EQ(name.substr(name.size() - 4), ".tbl");
  EXPECT_EQ(file.path().parent_path().parent_path(), scratch());
  EXPECT_EQ(Mode(file.path().parent_path()), 01700u);
  EXPECT_EQ(fcntl(file.fd(), F_GETFD), FD_CLOEXEC);
  ASSERT_TRUE(file.Write("first ").ok());
  ASSERT_TRUE(file.Write("second").ok());
  EXPECT_EQ(Read(file.path()), "first second");
}
// C27, edge 2.
TEST_F(TempFileLifeTest, ModeIsExactWhateverTheUmask) {
  const Ended ended = RunForked([] {
    for (const mode_t mask : {0, 0777}) {
      umask(mask);
      SayUnless(Mode(Make<TempFile>().path()) == 0600, "mode");
      TempFile open = Make<TempFile>(TempDirOptions().set_mode(0644));
      SayUnless(Mode(open.path()) == 0644, "mode asked for");
      SayUnless(open.Write("x").ok(), "write");
    }
  });
  EXPECT_EQ(ended.output, "");
}
TEST_F(TempFileLifeTest, OptionsOfNoUseAreRefused) {
  for (const TempDirOptions& options :
       {TempDirOptions().set_mode(04600), TempDirOptions().set_direct(),
        TempDirOptions().set_prefix("a/b"),
        TempDirOptions().set_prefix("finalize-1"),
        TempDirOptions().set_suffix(std::string(255, 's'))}) {
    EXPECT_TRUE(absl::IsInvalidArgument(TempFile::Create(options).status()));
  }
  EXPECT_THAT(Entries(scratch()), IsEmpty());
}
TEST_F(TempFileLifeTest, MissingParentIsNotFound) {
  const TempDirOptions options = TempDirOptions().set_parent(In("missing"));
  EXPECT_TRUE(absl::IsNotFound(TempFile::Create(options).status()));
  EXPECT_TRUE(absl::IsNotFound(TempFile::Anonymous(options).status()));
}
// C27, C28.
TEST_F(TempFileLifeTest, RemoveRemovesTheFileAndThenTheRoot) {
  const path parent = Parent();
  TempFile file = Make<TempFile>(TempDirOptions().set_parent(parent));
  EXPECT_FALSE(file.removed());
  EXPECT_TRUE(file.Remove().ok());
  EXPECT_TRUE(file.removed());
  EXPECT_TRUE(file.Remove().ok());
  EXPECT_THAT(Entries(parent), IsEmpty());
  EXPECT_TRUE(file.Write("still open").ok());
}
TEST_F(TempFileLifeTest, DestructorRemovesAndCloses) {
  path where;
  int fd;
  {
    TempFile file = Make<TempFile>();
    where = file.path();
    fd = file.fd();
  }
  EXPECT_FALSE(Exists(where));
  EXPECT_FALSE(IsOpen(fd));
}
TEST_F(TempFileLifeTest, BesideTempDirsInOneRoot) {
  const path parent = Parent();
  auto dir =
      Make<tempdir::FinalizerTempDir>(TempDirOptions().set_parent(parent));
  TempFile file = Make<TempFile>(TempDirOptions().set_parent(parent));
  EXPECT_EQ(file.path().parent_path(), dir.path().parent_path());
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(Exists(file.path()));
  EXPECT_TRUE(file.Remove().ok());
  EXPECT_THAT(Entries(parent), IsEmpty());
}
// C27, edge 5: another file at its path survives.
TEST_F(TempFileLifeTest, StrangerAtItsPathSurvives) {
  TempFile file = Make<TempFile>();
  const path elsewhere = In("elsewhere");
  ASSERT_EQ(rename(file.path().c_str(), elsewhere.c_str()), 0);
  MakeFile(file.path());
  const absl::Status status = file.Remove();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("there is another entry at "));
  EXPECT_THAT(std::string(status.message()), HasSubstr(elsewhere.native()));
  EXPECT_TRUE(Exists(file.path()));
  EXPECT_TRUE(Exists(elsewhere));
  EXPECT_FALSE(file.removed());
}
// The same, for one that took over the inode number of a closed one.
TEST_F(TempFileLifeTest, StrangerWithItsInodeSurvives) {
  TempFile file = Make<TempFile>();
  struct stat old, now;
  ASSERT_EQ(stat(file.path().c_str(), &old), 0);
  ASSERT_TRUE(file.Close().ok());
  ASSERT_EQ(unlink(file.path().c_str()), 0);
  // Clocks of file systems tick.
  struct timespec tick = {0, 20000000};
  nanosleep(&tick, nullptr);
  MakeFile(file.path());
  ASSERT_EQ(stat(file.path().c_str(), &now), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(file.Remove()));
  EXPECT_TRUE(Exists(file.path()));
}
// Edge 6.
TEST_F(TempFileLifeTest, RemovedByAnotherCountsAsRemoved) {
  TempFile file = Make<TempFile>();
  ASSERT_EQ(unlink(file.path().c_str()), 0);
  EXPECT_TRUE(file.Remove().ok());
  EXPECT_TRUE(file.removed());
}
// Edge 9.
TEST_F(TempFileLifeTest, MovesTakeItAlong) {
  TempFile first = Make<TempFile>();
  const path where = first.path();
  TempFile second(std::move(first));
  EXPECT_EQ(second.path(), where);
  EXPECT_EQ(first.path(), "");  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(first.fd(), -1);
  EXPECT_TRUE(absl::IsFailedPrecondition(first.Remove()));
  EXPECT_TRUE(absl::IsFailedPrecondition(first.Close()));
  TempFile third = Make<TempFile>();
  const path assigned_over = third.path();
  third = std::move(second);
  EXPECT_FALSE(Exists(assigned_over));
  EXPECT_EQ(third.path(), where);
  EXPECT_TRUE(Exists(where));
}

// A program text cannot be executed while it is open for writing.
TEST_F(TempFileLifeTest, ClosedFileCanBeExecuted) {
  TempFile file = Make<TempFile>(TempDirOptions().set_mode(0700));
  ASSERT_TRUE(file.Write("#!/bin/sh\nexit 7\n").ok());
  ASSERT_TRUE(file.Close().ok());
  EXPECT_EQ(file.fd(), -1);
  const Ended ended = RunForked([&file] {
    execl(file.path().c_str(), file.path().c_str(), nullptr);
    SayUnless(false, strerror(errno));
  });
  EXPECT_EQ(ended.exit_code, 7);
  EXPECT_EQ(ended.output, "");
  EXPECT_TRUE(file.Remove().ok());
}
TEST_F(TempFileLifeTest, CloseReportsWhatTheDiskRefused) {
  TempFile file = Make<TempFile>();
  EXPECT_TRUE(file.Close().ok());
  EXPECT_TRUE(file.Close().ok());
  EXPECT_FALSE(file.Write("x").ok());
  EXPECT_TRUE(Exists(file.path()));
}
// A program that closes every descriptor, and opens others.
TEST_F(TempFileLifeTest, DescriptorOfAnotherFileIsNotClosed) {
  const Ended ended = RunForked([] {
    TempFile file = Make<TempFile>();
    const path where = file.path();
    const int fd = file.fd();
    syscall(SYS_close_range, 3, ~0u, 0);
    const int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
    SayUnless(dup2(other, fd) == fd, "dup2");
    const TempFile gone = std::move(file);
    SayUnless(!Make<TempFile>().path().empty(), "the next one");
    { const TempFile end = std::move(const_cast<TempFile&>(gone)); }
    SayUnless(IsOpen(fd), "closed");
    SayUnless(!Exists(where), "left");
  });
  EXPECT_EQ(ended.output, "");
}
TEST_F(TempFileLifeTest, StreamSharesTheContent) {
  TempFile file = Make<TempFile>();
  TempFile::Stream stream = file.OpenStream("w+");
  ASSERT_NE(stream, nullptr);
  fputs("line\n", stream.get());
  EXPECT_EQ(file.OpenStream("nonsense"), nullptr);
  stream.reset();
  EXPECT_TRUE(IsOpen(file.fd()));
  EXPECT_EQ(Read(file.path()), "line\n");
}

// C28.
TEST_F(TempFileLifeTest, KeepMovesToTheParent) {
  path kept;
  {
    TempFile file = Make<TempFile>();
    ASSERT_TRUE(file.Write("content").ok());
    auto result = file.Keep();
    ASSERT_TRUE(result.ok()) << result.status();
    kept = *result;
    EXPECT_EQ(kept, scratch() / file.path().filename());
    EXPECT_TRUE(absl::IsFailedPrecondition(file.Remove()));
    EXPECT_TRUE(file.Write(", and more").ok());
  }
  EXPECT_EQ(Read(kept), "content, and more");
}
TEST_F(TempFileLifeTest, KeepFindsAnotherNameIfItsOwnIsTaken) {
  TempFile file = Make<TempFile>(TempDirOptions().set_prefix("mine-"));
  const path taken = scratch() / file.path().filename();
  MakeFile(taken);
  auto kept = file.Keep();
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_NE(*kept, taken);
  EXPECT_EQ(Read(taken), "content");
  EXPECT_EQ(kept->filename().native().substr(0, 5), "mine-");
}
// Edge 11.
TEST_F(TempFileLifeTest, UnwindingKeepsIfToldSo) {
  const Ended ended = RunForked([] {
    try {
      TempFile file = Make<TempFile>(TempDirOptions().set_keep_on_failure());
      throw std::runtime_error("failure");
    } catch (const std::runtime_error&) {
    }
    { TempFile file = Make<TempFile>(); }
  });
  EXPECT_THAT(ended.output, HasSubstr("kept the temporary file "));
  EXPECT_THAT(ended.output, HasSubstr("its owner failed"));
}
TEST_F(TempFileLifeTest, VariableKeepsItThroughAKill) {
  const Ended ended = RunForked([] {
    setenv("FINALIZE_KEEP_TEMP_DIRS", "1", 1);
    Abandon(Make<TempFile>(TempDirOptions().set_prefix("mine-")));
    SendSignal(getpid(), SIGKILL);
  });
  EXPECT_EQ(ended.signal, SIGKILL);
  ASSERT_TRUE(tempdir::Reap(scratch()).ok());
  ASSERT_THAT(Entries(scratch()), SizeIs(1));
  EXPECT_EQ(Entries(scratch())[0].substr(0, 5), "mine-");
}

// C30: what a killed process leaves is the next reaper's.
TEST_F(TempFileLifeTest, KilledOwnersFileIsReaped) {
  const path parent = Parent();
  TempFile live = Make<TempFile>(TempDirOptions().set_parent(parent));
  RunForked([&parent] {
    Abandon(Make<TempFile>(TempDirOptions().set_parent(parent)));
    SendSignal(getpid(), SIGKILL);
  });
  EXPECT_THAT(Entries(parent), SizeIs(2));
  ASSERT_TRUE(tempdir::Reap(parent).ok());
  EXPECT_THAT(Entries(parent), SizeIs(1));
  EXPECT_TRUE(Exists(live.path()));
}

// An anonymous file: nothing to remove, whatever happens.
TEST_F(TempFileLifeTest, AnonymousFileLeavesNoName) {
  auto file = TempFile::Anonymous();
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->path(), "");
  ASSERT_TRUE(file->Write("content").ok());
  char read_back[8] = {};
  EXPECT_EQ(pread(file->fd(), read_back, 7, 0), 7);
  EXPECT_STREQ(read_back, "content");
  EXPECT_THAT(Entries(scratch()), IsEmpty());
  EXPECT_FALSE(file->removed());
  EXPECT_TRUE(file->Remove().ok());
  EXPECT_TRUE(file->removed());
  EXPECT_TRUE(absl::IsFailedPrecondition(file->Keep().status()));
}
TEST_F(TempFileLifeTest, AnonymousFileHasTheModeWhateverTheUmask) {
  const Ended ended = RunForked([] {
    umask(0777);
    struct stat seen;
    auto file = TempFile::Anonymous(TempDirOptions().set_mode(0640));
    SayUnless(file.ok() && fstat(file->fd(), &seen) == 0, "no file");
    SayUnless((seen.st_mode & 07777) == 0640, "mode");
  });
  EXPECT_EQ(ended.output, "");
}
}  // namespace
