// SPDX-License-Identifier: Apache-2.0

// Reap: what it removes and what it leaves (C30).

#include "tempdir/reap.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/dead_roots.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::ReapedRoot;
using tempdir::ReapOptions;
using tempdir::ReapOutcome;
using tempdir::ReapReport;
using tempdir::TempDirOptions;

class ReapTest : public TempDirFixture {
 protected:
  ReapReport Reap(const ReapOptions& options = {}) {
    absl::StatusOr<ReapReport> report = tempdir::Reap(parent(), options);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : ReapReport();
  }
  // The one outcome of a parent with one root.
  ReapOutcome ReapOnly(const ReapOptions& options = {}) {
    const ReapReport report = Reap(options);
    EXPECT_EQ(report.roots.size(), 1u);
    return report.roots.empty() ? ReapOutcome::kGone : report.roots[0].outcome;
  }
  path parent() const { return Parent(); }
  // A root that a process left when it was killed.
  path Leave() { return MakeDeadRoot(parent()); }
};

// C30, edge 15.
TEST_F(ReapTest, RemovesWhatAKilledProcessLeft) {
  Leave();
  const ReapReport report = Reap();
  ASSERT_EQ(report.roots.size(), 1u);
  EXPECT_EQ(report.roots[0].outcome, ReapOutcome::kRemoved);
  EXPECT_EQ(report.roots[0].entries, 3u);  // the root, the temp dir, its file
  EXPECT_TRUE(Entries(parent()).empty());
}

// C30, edge 17.
TEST_F(ReapTest, LeavesWhatIsInUse) {
  auto dir = Make<tempdir::TempDir>(TempDirOptions().set_parent(parent()));
  MakeFile(dir.path() / "file");
  EXPECT_EQ(ReapOnly(), ReapOutcome::kInUse);
  EXPECT_TRUE(Exists(dir.path() / "file"));
}

// Edge 37: after a reboot the locks are gone and the files are there, in
// whatever order the disk took them.
TEST_F(ReapTest, TakesEverythingAfterAReboot) {
  for (const char* left : {"", "/tmp-aaaaaaaaaa", "/.keep-not"}) {
    const path root = Leave();
    if (*left != '\0') MakeDirectory(root.native() + left);
  }
  MakeDirectory(parent() / "finalize-0-aaaaaaaaaaaaaaaa");
  MakeDirectory(parent() / "finalize-0-bbbbbbbbbbbbbbbb.reap");
  EXPECT_EQ(Reap().Count(ReapOutcome::kRemoved), 5u);
  EXPECT_TRUE(Entries(parent()).empty());
}

TEST_F(ReapTest, FinishesWhatAnotherReaperBegan) {
  const path root = Leave();
  const path taken = parent() / "finalize-0-aaaaaaaaaaaaaaaa.reap";
  ASSERT_EQ(rename(root.c_str(), taken.c_str()), 0);
  EXPECT_EQ(ReapOnly(), ReapOutcome::kRemoved);
  EXPECT_TRUE(Entries(parent()).empty());
}

TEST_F(ReapTest, LeavesWhatAnotherReaperIsAt) {
  const path taken = parent() / "finalize-0-aaaaaaaaaaaaaaaa.reap";
  MakeDirectory(taken);
  const int other = open(taken.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(flock(other, LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(ReapOnly(), ReapOutcome::kTaken);
  close(other);
}

// C28: what was kept is out of its reach.
TEST_F(ReapTest, LeavesWhatWasKept) {
  const Ended ended = RunForked([this] {
    auto dir = Make<tempdir::TempDir>(TempDirOptions().set_parent(parent()));
    SayUnless(dir.Keep().ok(), "not kept");
    Abandon(Make<tempdir::TempDir>(TempDirOptions().set_parent(parent())));
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ReapOnly(), ReapOutcome::kRemoved);
  EXPECT_EQ(Entries(parent()).size(), 1u);
}

TEST_F(ReapTest, LeavesARootThatIsMarkedKept) {
  const path root = Leave();
  MakeFile(root / ".keep");
  EXPECT_EQ(ReapOnly(), ReapOutcome::kKept);
  EXPECT_EQ(Entries(root).size(), 2u);
}

TEST_F(ReapTest, DryRunChangesNothing) {
  const path root = Leave();
  ReapOptions options;
  options.dry_run = true;
  options.count_bytes = true;
  const ReapReport report = Reap(options);
  ASSERT_EQ(report.roots.size(), 1u);
  EXPECT_EQ(report.roots[0].outcome, ReapOutcome::kRemovable);
  EXPECT_EQ(report.roots[0].entries, 3u);
  EXPECT_EQ(report.roots[0].bytes, std::string("content").size());
  EXPECT_EQ(report.roots[0].path, root.native());
  EXPECT_TRUE(Exists(root));
}

// C30: its mode is changed to look for the mark, and back if there is none.
TEST_F(ReapTest, LeavesTheModeOfADirectoryThatIsNoRoot) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    BecomeSomeUser();
    const path own = "/tmp/finalize-1234-aaaaaaaaaaaaaaaa";
    MakeDirectory(own);
    MakeFile(own / "file");
    SayUnless(chmod(own.c_str(), 0) == 0, "chmod");
    auto report = tempdir::Reap("/tmp");
    SayUnless(report.ok() && report->Count(ReapOutcome::kRefused) == 1,
              "taken");
    SayUnless(Mode(own) == 0, "changed");
    SayUnless(rmdir(own.c_str()) != 0 && errno == ENOTEMPTY, "emptied");
  });
  EXPECT_EQ(ended.output, "");
}

TEST_F(ReapTest, RemovesARootThatCannotBeRead) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    BecomeSomeUser();
    const path own = "/tmp/finalize-1234-aaaaaaaaaaaaaaaa";
    MakeDirectory(own);
    MakeFile(own / "file");
    MarkAsRoot(own);
    SayUnless(chmod(own.c_str(), 0) == 0, "chmod");
    ReapOptions look;
    look.dry_run = true;
    auto looked = tempdir::Reap("/tmp", look);
    SayUnless(looked.ok() && looked->Count(ReapOutcome::kFailed) == 1,
              "dry run");
    SayUnless(Mode(own) == 0, "changed by a dry run");
    auto report = tempdir::Reap("/tmp");
    SayUnless(report.ok() && report->Count(ReapOutcome::kRemoved) == 1, "left");
    SayUnless(Entries("/tmp").empty(), "something is left");
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.exit_code, 0);
}

// Several at once do the work once.
TEST_F(ReapTest, SeveralAtOnceDoTheWorkOnce) {
  constexpr int kRoots = 30;
  for (int i = 0; i < kRoots; ++i) Leave();
  std::vector<ReapReport> reports(4);
  std::vector<std::thread> reapers;
  for (ReapReport& report : reports) {
    reapers.emplace_back([&] { report = *tempdir::Reap(parent()); });
  }
  for (std::thread& reaper : reapers) reaper.join();
  size_t removed = 0;
  for (const ReapReport& report : reports) {
    removed += report.Count(ReapOutcome::kRemoved);
    EXPECT_EQ(report.Count(ReapOutcome::kFailed), 0u);
    EXPECT_EQ(report.Count(ReapOutcome::kRefused), 0u);
  }
  EXPECT_EQ(removed, static_cast<size_t>(kRoots));
  EXPECT_TRUE(Entries(parent()).empty());
}

// Bounded in time: what is not done is the next one's.
TEST_F(ReapTest, EndsWhenItsTimeIsUp) {
  Leave();
  ReapOptions options;
  options.time_limit = absl::ZeroDuration();
  const ReapReport report = Reap(options);
  EXPECT_TRUE(report.timed_out);
  EXPECT_EQ(report.Count(ReapOutcome::kRemoved), 0u);
  EXPECT_EQ(Reap().Count(ReapOutcome::kRemoved), 1u);
  EXPECT_TRUE(Entries(parent()).empty());
}

TEST_F(ReapTest, ReportsWhatItCannotRemove) {
  const path root = Leave();
  const path stubborn = root / "stubborn";
  MakeFile(stubborn);
  const Ended ended = RunForked([&] {
    MountMemory(Parent("elsewhere"));
    SayUnless(mount(stubborn.c_str(), stubborn.c_str(), nullptr, MS_BIND,
                    nullptr) == 0,
              "no mount");
    auto report = tempdir::Reap(parent());
    SayUnless(report.ok() && report->roots.size() == 1, "no report");
    const ReapedRoot& entry = report->roots[0];
    SayUnless(entry.outcome == ReapOutcome::kFailed, "not failed");
    SayUnless(!entry.status.ok(), "no reason");
    SayUnless(Exists(path(entry.present_path) / "stubborn"), "no present path");
  });
  EXPECT_EQ(ended.output, "");
  // It has no lock any more, and nothing is in the way.
  EXPECT_EQ(ReapOnly(), ReapOutcome::kRemoved);
}

TEST_F(ReapTest, MissingParentIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(tempdir::Reap(In("missing")).status()));
}

TEST_F(ReapTest, TakesTmpdirIfNoParentIsNamed) {
  MakeDeadRoot(scratch());
  auto report = tempdir::Reap();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->parent, scratch().native());
  EXPECT_EQ(report->Count(ReapOutcome::kRemoved), 1u);
}

// It says what it does where locks are not known to hold: nothing.
TEST_F(ReapTest, TouchesNothingOnAFileSystemThatIsNotOnTheList) {
  auto report = tempdir::Reap("/proc/self");
  EXPECT_TRUE(absl::IsFailedPrecondition(report.status())) << report.status();
  ReapOptions options;
  options.any_file_system = true;
  EXPECT_TRUE(tempdir::Reap("/proc/self", options).ok());
}

// A program that closed everything: its own reaper locks its roots first.
TEST_F(ReapTest, SparesTheRootsOfItsOwnProcessWithoutDescriptors) {
  const Ended ended = RunForked([this] {
    auto dir = Make<tempdir::TempDir>(TempDirOptions().set_parent(parent()));
    closefrom(3);
    auto report = tempdir::Reap(parent());
    SayUnless(report.ok() && report->Count(ReapOutcome::kInUse) == 1,
              "not in use");
    SayUnless(Exists(dir.path()), "removed");
    SayUnless(dir.Remove().ok(), "cannot remove");
  });
  EXPECT_EQ(ended.output, "");
}

}  // namespace
