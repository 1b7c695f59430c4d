// SPDX-License-Identifier: Apache-2.0

// Temp dirs that are removed in the background, while their process lives.

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "boost/filesystem/operations.hpp"
#include "boost/filesystem/path.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/root/removal_backlog.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/blocked_removals.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using boost::filesystem::path;
using tempdir::FinishRemovals;
using tempdir::TempDirOptions;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;
using namespace finalize_test;  // NOLINT(build/namespaces)

TempDirOptions Background() {
  return TempDirOptions().set_remove_in_background();
}

size_t CountThreads() { return Entries("/proc/self/task").size(); }

template <class Dir>
class BackgroundRemovalTest : public TempDirFixture {
 protected:
  // With something in it.
  static Dir MakeFull(const TempDirOptions& options) {
    Dir dir = Make<Dir>(options);
    MakeFile(dir.path() / "file");
    MakeDirectory(dir.path() / "directory");
    MakeFile(dir.path() / "directory" / "file");
    return dir;
  }
};

TYPED_TEST_SUITE(BackgroundRemovalTest, Styles, StyleName);

// C28: gone from its path at once; removed() when the content is.
TYPED_TEST(BackgroundRemovalTest, RemovesLater) {
  BlockedRemovals blocked;
  TypeParam dir = this->MakeFull(Background());
  ASSERT_TRUE(dir.Remove().ok());
  EXPECT_FALSE(Exists(dir.path()));
  EXPECT_FALSE(dir.removed());
  EXPECT_THAT(Entries(dir.path().parent_path()),
              ElementsAre(StartsWith(".removing-")));
  EXPECT_EQ(FinishRemovals(absl::Now()).code(),
            absl::StatusCode::kDeadlineExceeded);
  blocked.Release();
  EXPECT_TRUE(FinishRemovals().ok());
  EXPECT_TRUE(dir.removed());
  EXPECT_FALSE(Exists(dir.path().parent_path()));
}

TYPED_TEST(BackgroundRemovalTest, DestructorDoesNotWait) {
  BlockedRemovals blocked;
  path root;
  {
    const TypeParam dir = this->MakeFull(Background());
    root = dir.path().parent_path();
    TypeParam removed = this->MakeFull(Background());
    EXPECT_TRUE(removed.Remove().ok());
  }
  EXPECT_EQ(Entries(root).size(), 2);
  blocked.Release();
  EXPECT_TRUE(FinishRemovals().ok());
  EXPECT_FALSE(Exists(root));
}

// C28: whoever asks again gets the outcome, and does the work where the thread
// has not come so far.
TYPED_TEST(BackgroundRemovalTest, AnotherRemoveDoesItNow) {
  BlockedRemovals blocked;
  TypeParam dir = this->MakeFull(Background());
  ASSERT_TRUE(dir.Remove().ok());
  ASSERT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(dir.removed());
  EXPECT_FALSE(Exists(dir.path().parent_path()));
  blocked.Release();
  EXPECT_TRUE(FinishRemovals().ok());
  EXPECT_TRUE(dir.Remove().ok());
}

TYPED_TEST(BackgroundRemovalTest, EmptyGoesAtOnce) {
  BlockedRemovals blocked;
  TypeParam dir = Make<TypeParam>(Background());
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(dir.removed());
}

TYPED_TEST(BackgroundRemovalTest, CannotBeKeptAnyMore) {
  BlockedRemovals blocked;
  TypeParam dir = this->MakeFull(Background());
  ASSERT_TRUE(dir.Remove().ok());
  EXPECT_EQ(dir.Keep().status().code(), absl::StatusCode::kFailedPrecondition);
}

// C27: what stands at its path instead is left alone.
TYPED_TEST(BackgroundRemovalTest, LeavesAnotherDirectory) {
  TypeParam dir = this->MakeFull(Background());
  const path own = dir.path();
  ASSERT_EQ(rename(own.c_str(), (own.parent_path() / "away").c_str()), 0);
  MakeDirectory(own);
  MakeFile(own / "another's");
  EXPECT_EQ(dir.Remove().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Exists(own / "another's"));
  EXPECT_TRUE(Exists(own.parent_path() / "away" / "file"));
  boost::filesystem::remove_all(own);
  rename((own.parent_path() / "away").c_str(), own.c_str());
}

// Edge case 35: where too much is put off, callers work for themselves.
TYPED_TEST(BackgroundRemovalTest, RemovesAtOnceWhereTheThreadIsBehind) {
  BlockedRemovals blocked;
  std::vector<TypeParam> dirs;
  // One is with the thread.
  for (size_t i = 1; i < tempdir_internal::kMaxQueued; ++i) {
    dirs.push_back(Make<TypeParam>(Background()));
    MakeFile(dirs.back().path() / "file");
    ASSERT_TRUE(dirs.back().Remove().ok());
    ASSERT_FALSE(dirs.back().removed());
  }
  TypeParam more = this->MakeFull(Background());
  EXPECT_TRUE(more.Remove().ok());
  EXPECT_TRUE(more.removed());
  blocked.Release();
  EXPECT_TRUE(FinishRemovals().ok());
  for (const TypeParam& dir : dirs) EXPECT_TRUE(dir.removed());
}

// C30: one without a root has the name of what a reaper has begun, and its
// lock, until it is gone.
TYPED_TEST(BackgroundRemovalTest, DirectOneStaysLocked) {
  const path parent = this->Parent();
  BlockedRemovals blocked;
  TypeParam dir = this->MakeFull(Background().set_parent(parent).set_direct());
  ASSERT_TRUE(dir.Remove().ok());
  ASSERT_EQ(Entries(parent).size(), 1);
  const auto form = tempdir_internal::ParseRootName(Entries(parent)[0]);
  ASSERT_TRUE(form.has_value());
  EXPECT_TRUE(form->reaped);
  const auto report = tempdir::Reap(parent);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->Count(tempdir::ReapOutcome::kTaken), 1);
  blocked.Release();
  EXPECT_TRUE(FinishRemovals().ok());
  EXPECT_TRUE(dir.removed());
  EXPECT_THAT(Entries(parent), IsEmpty());
}

// C21: what the parent put off is the parent's.
TYPED_TEST(BackgroundRemovalTest, ChildLeavesItAlone) {
  BlockedRemovals blocked;
  TypeParam dir = this->MakeFull(Background());
  ASSERT_TRUE(dir.Remove().ok());
  const path root = dir.path().parent_path();
  const Ended child = RunForked([&] {
    SayUnless(FinishRemovals().ok(), "nothing to finish");
    SayUnless(!dir.Remove().ok(), "refused");
    SayUnless(!dir.removed(), "not removed");
    std::optional<TypeParam> moved(std::move(dir));
    moved.reset();
    SayUnless(Entries(root).size() == 1, "there");
  });
  EXPECT_EQ(child.output, "");
  blocked.Release();
  EXPECT_TRUE(FinishRemovals().ok());
  EXPECT_FALSE(Exists(root));
}

// C19
TYPED_TEST(BackgroundRemovalTest, StartsNoThreadBeforeItIsNeeded) {
  const Ended child = RunForked([] {
    const size_t before = CountThreads();
    TypeParam dir = Make<TypeParam>(Background());
    SayUnless(dir.Remove().ok(), "removed");
    SayUnless(CountThreads() == before, "no thread");
  });
  EXPECT_EQ(child.output, "");
}

}  // namespace
