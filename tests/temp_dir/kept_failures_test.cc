// SPDX-License-Identifier: Apache-2.0

// What failures left: listed and trimmed (C28), and nothing else is.

#include "tempdir/kept_failures.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "boost/filesystem/path.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tempdir/temp_file.h"
#include "tests/support/dead_roots.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::KeptFailure;
using tempdir::KeptFailures;
using tempdir::ReapOutcome;
using tempdir::TempDirOptions;
using tempdir::TempFile;
using tempdir::TrimKeptFailures;
using tempdir::TrimOptions;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class KeptFailuresTest : public TempDirFixture {
 protected:
  // Fails with a temp dir that holds one file of 7 bytes, and returns the
  // directory in which that was kept.
  template <class Dir = tempdir::FinalizerTempDir>
  path Fail(TempDirOptions options = {}) {
    const std::string said =
        RunForked([&] {
          Dir dir = Make<Dir>(std::move(options.set_keep_on_failure()));
          MakeFile(dir.path() / "file");
          dir.MarkFailed();
        }).output;
    // finalize: kept the temporary directory PATH (its owner failed)
    const size_t start = said.find('/');
    return path(said.substr(start, said.find(" (") - start)).parent_path();
  }
  // As if it had been kept so long ago.
  static void Age(const path& failure, int seconds) {
    const time_t now = time(nullptr);
    const timespec times[] = {{now - seconds, 0}, {now - seconds, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, (failure / ".keep").c_str(), times, 0), 0);
  }
  std::vector<KeptFailure> Listed() const {
    auto failures = KeptFailures(scratch());
    EXPECT_TRUE(failures.ok()) << failures.status();
    return failures.ok() ? *std::move(failures) : std::vector<KeptFailure>();
  }
  void ExpectNothingTrimmed() const {
    EXPECT_THAT(Listed(), IsEmpty());
    auto report = TrimKeptFailures(scratch());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(report->roots, IsEmpty());
  }
};

// C28: out of every reaper's reach, and listed with age and size.
TEST_F(KeptFailuresTest, AreListedNewestFirst) {
  const path first = Fail(TempDirOptions().set_prefix("build-"));
  const path second = Fail<tempdir::DestructorTempDir>();
  Age(first, 100);
  ASSERT_TRUE(tempdir::Reap(scratch()).ok());
  const std::vector<KeptFailure> failures = Listed();
  ASSERT_THAT(failures, SizeIs(2));
  EXPECT_EQ(failures[0].path, second);
  EXPECT_EQ(failures[0].prefix, "tmp-");
  EXPECT_EQ(failures[1].path, first);
  EXPECT_EQ(failures[1].prefix, "build-");
  EXPECT_EQ(failures[1].entries, 2u);
  EXPECT_EQ(failures[1].bytes, 7u);
  EXPECT_FALSE(failures[1].in_use);
  EXPECT_GE(absl::Now() - failures[1].kept_at, absl::Seconds(99));
}
TEST_F(KeptFailuresTest, FilesAndDirectOnesAreAsTempDirs) {
  RunForked([] {
    TempFile file = Make<TempFile>(TempDirOptions().set_keep_on_failure());
    file.MarkFailed();
  });
  const path direct = Fail(
      TempDirOptions().set_direct().set_prefix("direct-").set_suffix(".d"));
  EXPECT_THAT(Listed(), SizeIs(2));
  EXPECT_THAT(Entries(direct),
              testing::ElementsAre(
                  ".keep", testing::AllOf(testing::StartsWith("direct-"),
                                          testing::EndsWith(".d"))));
  ASSERT_TRUE(tempdir::Reap(scratch()).ok());
  EXPECT_THAT(Entries(scratch()), SizeIs(2));
}
// Others get through to what they may read.
TEST_F(KeptFailuresTest, ModeLetsOthersInIfItsOwnDoes) {
  EXPECT_EQ(Mode(Fail()) & 0777, 0700u);
  EXPECT_EQ(Mode(Fail(TempDirOptions().set_mode(0755))) & 0777, 0755u);
}

TEST_F(KeptFailuresTest, AreTrimmedExceptTheNewest) {
  const path oldest = Fail(), middle = Fail(), newest = Fail();
  Age(oldest, 300);
  Age(middle, 200);
  Age(newest, 100);
  TrimOptions options;
  options.keep_last = 1;
  options.older_than = absl::Seconds(250);
  auto report = TrimKeptFailures(scratch(), options);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_THAT(report->roots, SizeIs(1));
  EXPECT_EQ(report->roots[0].path, oldest);
  EXPECT_EQ(report->roots[0].outcome, ReapOutcome::kRemoved);
  options.older_than = absl::ZeroDuration();
  report = TrimKeptFailures(scratch(), options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->Count(ReapOutcome::kRemoved), 1u);
  EXPECT_FALSE(Exists(middle));
  ASSERT_THAT(Listed(), SizeIs(1));
  EXPECT_EQ(Listed()[0].path, newest);
}
// Those who look at the same time are no users.
TEST_F(KeptFailuresTest, LooksDoNotMeet) {
  const path failure = Fail();
  for (int i = 0; i < 3000; ++i) MakeFile(failure / std::to_string(i));
  const auto look = [&] {
    for (int i = 0; i < 20; ++i) {
      SayUnless(!Listed()[0].in_use, "in use");
      TrimOptions options;
      options.dry_run = true;
      const auto report = TrimKeptFailures(scratch(), options);
      SayUnless(report->Count(ReapOutcome::kRemovable) == 1,
                "not to be trimmed");
    }
  };
  std::string others;
  std::thread other([&] { others = RunForked(look).output; });
  EXPECT_EQ(RunForked(look).output, "");
  other.join();
  EXPECT_EQ(others, "");
}
TEST_F(KeptFailuresTest, DryRunRemovesNothing) {
  Fail();
  TrimOptions options;
  options.dry_run = true;
  auto report = TrimKeptFailures(scratch(), options);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_THAT(report->roots, SizeIs(1));
  EXPECT_EQ(report->roots[0].outcome, ReapOutcome::kRemovable);
  EXPECT_EQ(report->roots[0].bytes, 7u);
  EXPECT_THAT(Listed(), SizeIs(1));
}
// Only as many as are wanted, of those with the same prefix.
TEST_F(KeptFailuresTest, KeepLastTrimsWhileItKeeps) {
  const path other = Fail(TempDirOptions().set_prefix("other-"));
  path kept;
  for (int seconds : {300, 200, 100}) {
    kept = Fail(TempDirOptions().set_keep_last(2));
    Age(kept, seconds);
  }
  EXPECT_THAT(Listed(), SizeIs(3));
  EXPECT_TRUE(Exists(other));
  EXPECT_TRUE(Exists(kept));
}

// A lock keeps it.
TEST_F(KeptFailuresTest, OneInUseStays) {
  const path failure = Fail();
  const int fd = open(failure.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(flock(fd, LOCK_SH), 0);
  EXPECT_TRUE(Listed()[0].in_use);
  auto report = TrimKeptFailures(scratch());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->roots[0].outcome, ReapOutcome::kInUse);
  EXPECT_TRUE(Exists(failure));
  close(fd);
}
// C28, C30: never what a person, Keep() or the environment kept, nor a root.
TEST_F(KeptFailuresTest, OthersAreNotTrimmed) {
  auto live = Make<tempdir::FinalizerTempDir>();
  auto kept = Make<tempdir::FinalizerTempDir>();
  ASSERT_TRUE(kept.Keep().ok());
  const path marked = MakeDeadRoot(scratch());
  MakeFile(marked / ".keep");
  MakeDeadRoot(scratch());
  ExpectNothingTrimmed();
  EXPECT_TRUE(Exists(live.path()));
  EXPECT_TRUE(Exists(marked));
  EXPECT_THAT(Entries(scratch()), SizeIs(4));
}
// C30: a mark that was copied, moved or linked marks nothing.
TEST_F(KeptFailuresTest, MarkOfAnotherDirectoryIsNone) {
  const path failure = Fail();
  const path copy = In("finalize-0-aaaaaaaaaaaaaaaa");
  const path linked = In("finalize-0-bbbbbbbbbbbbbbbb");
  RunForked([&] {
    execlp("cp", "cp", "-a", failure.c_str(), copy.c_str(), nullptr);
  });
  MakeDirectory(linked);
  MakeFile(linked / "precious");
  ASSERT_EQ(link((copy / ".keep").c_str(), (linked / ".keep").c_str()), 0);
  ASSERT_EQ(unlink((copy / ".keep").c_str()), 0);
  ASSERT_EQ(rename((failure / ".keep").c_str(), (copy / ".keep").c_str()), 0);
  ExpectNothingTrimmed();
  EXPECT_TRUE(Exists(linked / "precious"));
}
// What another user left is not this one's.
TEST_F(KeptFailuresTest, AnotherUsersAreNotTrimmed) {
  const path failure = Fail();
  ASSERT_EQ(chown((failure / ".keep").c_str(), kNobody, kNobody), 0);
  ExpectNothingTrimmed();
  EXPECT_TRUE(Exists(failure));
}
TEST_F(KeptFailuresTest, MissingParentIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(KeptFailures(In("missing")).status()));
  EXPECT_TRUE(absl::IsNotFound(TrimKeptFailures(In("missing")).status()));
}

// The parent lets nothing more in: it is kept where it is, as before.
TEST_F(KeptFailuresTest, ClosedParentKeepsItInItsRoot) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    setenv("TMPDIR", "/tmp", 1);
    auto dir =
        Make<tempdir::FinalizerTempDir>(TempDirOptions().set_keep_on_failure());
    if (chown(dir.path().parent_path().c_str(), kNobody, kNobody) != 0 ||
        chown(dir.path().c_str(), kNobody, kNobody) != 0 ||
        chmod("/tmp", 0755) != 0) {
      abort();
    }
    BecomeNobody();
    dir.MarkFailed();
  });
  EXPECT_THAT(ended.output,
              HasSubstr("finalize: kept the temporary directory"));
}

}  // namespace
