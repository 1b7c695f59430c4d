// SPDX-License-Identifier: Apache-2.0

// What people read of temp dirs that cannot be removed: one line, with the
// names escaped, that says what failed, where the directory was made, and what
// becomes of it (contract C28, C38).
#include <sys/mount.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "tempdir/reap.h"
#include "tempdir/remove_tree.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tempdir/temp_file.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::DestructorTempDir;
using tempdir::FinalizerTempDir;
using tempdir::TempDirOptions;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr char kForged[] = "d\nfinalize: all is well\x1b[2J";
constexpr char kShown[] = "d\\\\nfinalize: all is well\\\\x1b[[]2J";  // a regex

using RemovalReportTest = TempDirFixture;

// It cannot be removed before the mount point in it is taken away.
void Block(const path& directory) {
  MakeDirectory(directory / kForged);
  MountMemory(directory / kForged);
}

// A report of a directory made in this file.
std::string Line(const std::string& fate) {
  return "finalize: [^\n]*tests/temp_dir/removal_report_test\\.cc:[0-9]+ "
         "\"remove temp dir\"[^\n]* failed( and left)? on [^\n]*: "
         "FAILED_PRECONDITION: "
         "cannot remove \"[^\n]*/" +
         std::string(kShown) + "\": [^\n;]*; " + fate + "\n";
}

constexpr char kReaper[] =
    "the temp dir is left to the reaper after this process";
constexpr char kExit[] = "the end of this process tries again";

TEST_F(RemovalReportTest, DestructorWritesOneLine) {
  const Ended ended = RunForked([] {
    auto dir = DestructorTempDir::Create(TempDirOptions());
    Block(dir->path());
  });
  EXPECT_THAT(ended.output, MatchesRegex(Line(kReaper)));
}

// The finalizer is pending again, which its line says.
TEST_F(RemovalReportTest, FinalizerStyleSaysThatExitTriesAgain) {
  const Ended ended = RunForked([] {
    auto dir = FinalizerTempDir::Create(TempDirOptions());
    Block(dir->path());
  });
  EXPECT_THAT(ended.output, MatchesRegex(Line(kExit)));
}

TEST_F(RemovalReportTest, ExitWritesOneLine) {
  const Ended ended = RunForked([] {
    FinalizerTempDir* dir =
        Abandon(*FinalizerTempDir::Create(TempDirOptions()));
    Block(dir->path());
    exit(0);
  });
  EXPECT_THAT(ended.output, MatchesRegex(Line(kReaper)));
}

TEST_F(RemovalReportTest, BackgroundRemovalWritesOneLine) {
  const Ended ended = RunForked([] {
    {
      auto dir = DestructorTempDir::Create(
          TempDirOptions().set_remove_in_background());
      Block(dir->path());
    }
    tempdir::FinishRemovals().IgnoreError();
  });
  EXPECT_EQ(std::count(ended.output.begin(), ended.output.end(), '\n'), 1)
      << ended.output;
  EXPECT_THAT(ended.output, HasSubstr(kReaper));
}

TEST_F(RemovalReportTest, CrashWritesOneLine) {
  const Ended ended = RunForked([] {
    auto dir =
        DestructorTempDir::Create(TempDirOptions().set_crash_on_failure());
    Block(dir->path());
  });
  EXPECT_EQ(ended.signal, SIGABRT);
  EXPECT_THAT(ended.output,
              MatchesRegex(Line("the process aborts, as asked for")));
}

// A directory that somebody moved away is no reaper's.
TEST_F(RemovalReportTest, MovedOneIsLeftWhereItIs) {
  const path elsewhere = scratch() / kForged;
  const Ended ended = RunForked([&] {
    auto dir = DestructorTempDir::Create(TempDirOptions());
    if (rename(dir->path().c_str(), elsewhere.c_str()) != 0) abort();
  });
  EXPECT_THAT(ended.output,
              MatchesRegex("finalize: [^\n]* was moved to [^\n]*/" +
                           std::string(kShown) + " and is left there\n"));
}

// What the failure callback throws is reported as its own failure.
TEST_F(RemovalReportTest, FailureCallbackThatThrowsIsReportedAsSuch) {
  const Ended ended = RunForked([] {
    auto dir = DestructorTempDir::Create(TempDirOptions().set_failure_callback(
        [](const path&, const absl::Status&) {
          throw std::runtime_error(kForged);
        }));
    Block(dir->path());
  });
  EXPECT_THAT(
      ended.output,
      MatchesRegex(
          "finalize: [^\n]*removal_report_test\\.cc:[0-9]+ "
          "\"failure callback\" failed on [^\n]*: UNKNOWN: exception: " +
          std::string(kShown) + "\n"));
}

TEST_F(RemovalReportTest, KeptDirectoryIsNamedOnOneLine) {
  const path parent = scratch() / kForged;
  MakeDirectory(parent);
  const Ended ended = RunForked([&] {
    auto dir = DestructorTempDir::Create(
        TempDirOptions().set_parent(parent.native()).set_keep_on_failure());
    dir->MarkFailed();
  });
  EXPECT_THAT(ended.output,
              MatchesRegex("finalize: kept the temporary directory [^\n]*/" +
                           std::string(kShown) + "/[^\n]*\n"));
}

// C38: every status that names a file.
TEST_F(RemovalReportTest, StatusesNameFilesEscaped) {
  const path odd = scratch() / kForged;
  const std::string text = odd.native();
  const absl::Status statuses[] = {
      tempdir::RemoveTree(text + "/missing/..", {}),
      tempdir::WriteFileAtomically(text + "/missing/file", "x"),
      tempdir::PathInside("a", std::string("../") + kForged).status(),
      DestructorTempDir::Create(TempDirOptions().set_parent(text)).status(),
      DestructorTempDir::Create(TempDirOptions().set_prefix(text)).status(),
      tempdir::Reap(text).status(),
  };
  for (const absl::Status& status : statuses) {
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\n")));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\x1b")));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("d\\nfinalize: all is well\\x1b[2J"));
  }
}

TEST_F(RemovalReportTest, ErrorsOfATreeNameFilesEscaped) {
  const Ended ended = RunForked([&] {
    MakeDirectory(scratch() / "tree");
    Block(scratch() / "tree");
    tempdir::RemoveTreeStats stats;
    const absl::Status status =
        tempdir::RemoveTree((scratch() / "tree").native(), {}, &stats);
    SayUnless(!status.ok() && stats.errors.size() == 1, "no error");
    SayUnless(stats.errors[0].path == (scratch() / "tree" / kForged).native(),
              "the field is plain");
    SayUnless(std::string(status.message()).find('\n') == std::string::npos,
              "a line too many");
    umount((scratch() / "tree" / kForged).c_str());
  });
  EXPECT_EQ(ended.output, "");
}

}  // namespace
