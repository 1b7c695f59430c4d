// SPDX-License-Identifier: Apache-2.0

// kill -9 at every system call of the library's own threads (C30): the one that
// removes in the background, the one that reaps by itself. And of the thread
// that gives them work, while they are at it.

#include <sched.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/reap/kill_points.h"
#include "tests/support/stepped_process.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::TempDirOptions;

// With a file, and a directory with another one.
template <class Dir>
Dir MakeFull(TempDirOptions options) {
  Dir dir = Make<Dir>(std::move(options.set_parent(kParent)));
  MakeFile(dir.path() / "file");
  MakeDirectory(dir.path() / "directory");
  MakeFile(dir.path() / "directory" / "file");
  return dir;
}

// Two that go in the background, one behind the other, while a third stays.
template <class Dir>
void RemoveInBackground(const TempDirOptions& options) {
  Dir stays = MakeFull<Dir>(TempDirOptions());
  {
    Dir first = MakeFull<Dir>(options);
    Dir second = MakeFull<Dir>(options);
    if (!first.Remove().ok()) _exit(1);
  }
  if (!tempdir::FinishRemovals().ok()) _exit(2);
  if (!Exists(stays.path() / "file")) _exit(3);
  if (!stays.Remove().ok()) _exit(4);
}

// Until the other threads have ended.
void AwaitThreads() {
  while (Entries("/proc/self/task").size() > 1) sched_yield();
}

int KillPoints(const char* name, Stepped stepped,
               const std::function<void()>& prepare,
               const std::function<void()>& body) {
  KillPlan plan;
  plan.name = std::string(name) + (stepped == Stepped::kFirst ? ", first" : "");
  plan.stepped = stepped;
  plan.prepare = prepare;
  plan.body = body;
  return KillEverywhere(plan);
}

template <class Dir>
class ReapKillThreadTest : public testing::Test {};
TYPED_TEST_SUITE(ReapKillThreadTest, Styles, StyleName);

TYPED_TEST(ReapKillThreadTest, ThreadThatRemovesInTheBackground) {
  const int points = KillPoints(
      "background", Stepped::kOthers, [] {},
      [] {
        RemoveInBackground<TypeParam>(
            TempDirOptions().set_remove_in_background());
      });
  EXPECT_GT(points, 30);
}

TYPED_TEST(ReapKillThreadTest, ThreadThatRemovesDirectOnesInTheBackground) {
  const int points = KillPoints(
      "background, directly", Stepped::kOthers, [] {},
      [] {
        RemoveInBackground<TypeParam>(
            TempDirOptions().set_remove_in_background().set_direct());
      });
  EXPECT_GT(points, 30);
}

TYPED_TEST(ReapKillThreadTest, ThreadThatPutsRemovalsOff) {
  const int points = KillPoints(
      "background", Stepped::kFirst, [] {},
      [] {
        RemoveInBackground<TypeParam>(
            TempDirOptions().set_remove_in_background());
      });
  EXPECT_GT(points, 30);
}

TYPED_TEST(ReapKillThreadTest, ThreadThatPutsDirectRemovalsOff) {
  const int points = KillPoints(
      "background, directly", Stepped::kFirst, [] {},
      [] {
        RemoveInBackground<TypeParam>(
            TempDirOptions().set_remove_in_background().set_direct());
      });
  EXPECT_GT(points, 30);
}

TYPED_TEST(ReapKillThreadTest, ThreadThatReapsByItself) {
  const int points =
      KillPoints("automatic reap", Stepped::kOthers, PrepareDeadRoot, [] {
        tempdir::SetAutomaticReap(true);
        TypeParam dir = MakeFull<TypeParam>(TempDirOptions());
        AwaitThreads();
        if (!Exists(dir.path() / "file")) _exit(1);
        if (Exists(path(kParent) / "finalize-0-bbbbbbbbbbbbbbbb")) _exit(2);
        if (!dir.Remove().ok()) _exit(3);
      });
  EXPECT_GT(points, 30);
}

}  // namespace
