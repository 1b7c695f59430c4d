// SPDX-License-Identifier: Apache-2.0

// Two at once, one system call at a time (C30): at the entry and at the exit of
// each system call of the one, the other does all that it does.

#include <stdio.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/dead_roots.h"
#include "tests/support/stepped_process.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::ReapOutcome;
using tempdir::TempDirOptions;

constexpr char kParent[] = "/tmp/parent";

// Nothing of what a reaper met is a surprise to it.
bool ReapsWell() {
  auto report = tempdir::Reap(kParent);
  return report.ok() && report->Count(ReapOutcome::kFailed) == 0 &&
         report->Count(ReapOutcome::kRefused) == 0;
}

// At each stop of `stepped`, one after the other, a process does `meanwhile`
// from begin to end; then `stepped` goes on. `prepare` comes before each time,
// and all has gone after it.
void Interleave(const std::function<void()>& prepare,
                const std::function<void()>& stepped,
                const std::function<void()>& meanwhile) {
  const Ended ended = RunForked([&] {
    MountMemory("/tmp");
    MakeDirectory(kParent);
    int stop = 0;
    for (bool stopped = true; stopped; ++stop) {
      const std::string at = " at stop " + std::to_string(stop);
      prepare();
      SteppedProcess process(stepped);
      stopped = process.RunToStop(stop);
      if (stopped) meanwhile();
      process.RunToEnd();
      SayUnless(process.succeeded(), "failed" + at);
      SayUnless(ReapsWell(), "reaper in trouble" + at);
      SayUnless(Entries(kParent).empty(), "left" + at);
    }
    dprintf(STDOUT_FILENO, "points %d", stop - 1);
  });
  int points = 0;
  EXPECT_EQ(sscanf(ended.output.c_str(), "points %d", &points), 1)
      << ended.output;
  EXPECT_GT(points, 30);
  EXPECT_EQ(ended.exit_code, 0);
}

void PrepareNothing() {}
void PrepareDeadRoot() {
  const path root = path(kParent) / "finalize-0-bbbbbbbbbbbbbbbb";
  MakeDirectory(root);
  MarkAsRoot(root);
  MakeDirectory(root / "directory");
  MakeFile(root / "directory" / "file");
}
void ReapMeanwhile() { SayUnless(ReapsWell(), "reaper in trouble"); }

template <class Dir>
class ReapInterleaveTest : public testing::Test {
 protected:
  // A temp dir from begin to end; the process fails if that is disturbed.
  static void LiveOnce(const TempDirOptions& options) {
    Dir dir = Make<Dir>(options);
    MakeFile(dir.path() / "file");
    if (!Exists(dir.path() / "file")) _exit(1);
    if (!dir.Remove().ok()) _exit(2);
  }
};
TYPED_TEST_SUITE(ReapInterleaveTest, Styles, StyleName);

TYPED_TEST(ReapInterleaveTest, ReaperBetweenTheStepsOfAnOwner) {
  const auto owner = [] {
    TestFixture::LiveOnce(TempDirOptions().set_parent(kParent));
  };
  Interleave(PrepareNothing, owner, ReapMeanwhile);
}

TYPED_TEST(ReapInterleaveTest, ReaperBetweenTheStepsOfADirectOwner) {
  const auto owner = [] {
    TestFixture::LiveOnce(TempDirOptions().set_parent(kParent).set_direct());
  };
  Interleave(PrepareNothing, owner, ReapMeanwhile);
}

// The root that it lies in died with its owner.
TYPED_TEST(ReapInterleaveTest, ReaperBetweenTheStepsOfAnOwnerInADeadRoot) {
  const auto owner = [] {
    const path inside = path(kParent) / "finalize-0-bbbbbbbbbbbbbbbb/directory";
    auto dir = TypeParam::Create(TempDirOptions().set_parent(inside));
    // The reaper was first.
    if (!dir.ok()) return;
    MakeFile(dir->path() / "file");
    if (!Exists(dir->path() / "file")) _exit(1);
    if (!dir->Remove().ok()) _exit(2);
  };
  Interleave(PrepareDeadRoot, owner, ReapMeanwhile);
}

TYPED_TEST(ReapInterleaveTest, OwnerBetweenTheStepsOfAReaper) {
  Interleave(
      PrepareDeadRoot, [] { _exit(ReapsWell() ? 0 : 3); },
      [] { TestFixture::LiveOnce(TempDirOptions().set_parent(kParent)); });
}

TEST(ReapersInterleaveTest, ReaperBetweenTheStepsOfAReaper) {
  Interleave(
      PrepareDeadRoot, [] { _exit(ReapsWell() ? 0 : 3); }, ReapMeanwhile);
}

}  // namespace
