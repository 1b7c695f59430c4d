// SPDX-License-Identifier: Apache-2.0

// TempDirOptions::set_direct: a temp dir in the parent itself, with a
// lock of its own (C27, C28, C30).

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/marks/root_table.h"
#include "tempdir/internal/reap/reap_parent.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/lingering_process.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::ReapOutcome;
using tempdir::TempDirOptions;
using tempdir_internal::ClaimedRoot;
using tempdir_internal::ClaimRoots;

template <class Dir>
class DirectTempDirTest : public TempDirFixture {
 protected:
  path parent() const { return Parent(); }
  TempDirOptions Direct() const {
    return TempDirOptions().set_parent(parent()).set_direct();
  }
  size_t Reaped(ReapOutcome outcome) const {
    auto report = tempdir::Reap(parent());
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->Count(outcome) : 0;
  }
  // By a process that holds none of this one's locks.
  size_t ReapedByOther(ReapOutcome outcome) const {
    const Ended reaper = RunForked([this, outcome] {
      closefrom(STDERR_FILENO + 1);
      const auto report = tempdir_internal::ReapParent(parent().native(), {});
      _exit(report.ok() ? static_cast<int>(report->Count(outcome)) : 100);
    });
    return static_cast<size_t>(reaper.exit_code);
  }
};
TYPED_TEST_SUITE(DirectTempDirTest, Styles, StyleName);

TYPED_TEST(DirectTempDirTest, LivesInTheParentItself) {
  TypeParam dir = Make<TypeParam>(this->Direct());
  EXPECT_EQ(dir.path().parent_path(), this->parent());
  EXPECT_TRUE(tempdir_internal::ParseRootName(dir.path().filename().native()));
  EXPECT_EQ(Mode(dir.path()), 0700u);
  EXPECT_EQ(Entries(this->parent()).size(), 1u);
  MakeFile(dir.path() / "file");
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(dir.removed());
  EXPECT_TRUE(Entries(this->parent()).empty());
}

TYPED_TEST(DirectTempDirTest, ModeIsAsAskedFor) {
  TypeParam dir = Make<TypeParam>(this->Direct().set_mode(0755));
  EXPECT_EQ(Mode(dir.path()), 0755u);
}

// C30.
TYPED_TEST(DirectTempDirTest, IsReapedOnceItsOwnerIsGone) {
  LingeringProcess owner([this](int out) {
    auto* dir = Abandon(Make<TypeParam>(this->Direct()));
    MakeFile(dir->path() / "file");
    (void)!write(out, "", 1);
  });
  ASSERT_TRUE(owner.AwaitByte());
  EXPECT_EQ(this->Reaped(ReapOutcome::kInUse), 1u);
  owner.Kill();
  EXPECT_EQ(this->Reaped(ReapOutcome::kRemoved), 1u);
  EXPECT_TRUE(Entries(this->parent()).empty());
}

// C28: out of the reaper's reach, under a name that is no root's.
TYPED_TEST(DirectTempDirTest, KeepGivesItAnotherName) {
  TypeParam dir = Make<TypeParam>(this->Direct().set_prefix("mine-"));
  MakeFile(dir.path() / "file");
  const auto kept = dir.Keep();
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept->parent_path(), this->parent());
  EXPECT_EQ(kept->filename().native().substr(0, 5), "mine-");
  EXPECT_TRUE(Exists(*kept / "file"));
  EXPECT_EQ(Entries(this->parent()).size(), 1u);
  EXPECT_TRUE(tempdir::Reap(this->parent())->roots.empty());
}

// C23, C28: if a crash is about to remove it, it is not kept.
TYPED_TEST(DirectTempDirTest, KeepIsRefusedOnceACrashHasClaimedIt) {
  const Ended ended = RunForked([this] {
    TypeParam dir = Make<TypeParam>(this->Direct());
    ClaimRoots([](const ClaimedRoot&, void*) {}, nullptr);
    const auto kept = dir.Keep();
    SayUnless(!kept.ok() && Exists(dir.path()), "kept");
    _exit(0);
  });
  EXPECT_EQ(ended.output, "");
}

// C23, C28: one that could not be kept is as it was before.
TYPED_TEST(DirectTempDirTest, FailedKeepLeavesItToACrash) {
  const Ended ended = RunForked([this] {
    TypeParam dir = Make<TypeParam>(this->Direct());
    const path away = this->parent() / "away";
    SayUnless(rename(dir.path().c_str(), away.c_str()) == 0, "away");
    SayUnless(!dir.Keep().ok(), "kept");
    SayUnless(rename(away.c_str(), dir.path().c_str()) == 0, "back");
    int claimed = 0;
    ClaimRoots(
        [](const ClaimedRoot&, void* count) { ++*static_cast<int*>(count); },
        &claimed);
    SayUnless(claimed == 1, "not claimed");
    _exit(0);
  });
  EXPECT_EQ(ended.output, "");
}

TYPED_TEST(DirectTempDirTest, HoldsOneDescriptorAndOneOfTheParent) {
  const size_t before = CountDescriptors();
  {
    TypeParam first = Make<TypeParam>(this->Direct());
    const size_t with_one = CountDescriptors();
    EXPECT_LE(with_one, before + 2);
    TypeParam second = Make<TypeParam>(this->Direct());
    EXPECT_EQ(CountDescriptors(), with_one + 1);
  }
  EXPECT_EQ(CountDescriptors(), before);
}

// C21.
TYPED_TEST(DirectTempDirTest, ForkedChildNeitherRemovesNorUnlocks) {
  TypeParam dir = Make<TypeParam>(this->Direct());
  const Ended ended = RunForked([&dir] {
    { TypeParam inherited = std::move(dir); }
    exit(0);
  });
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_TRUE(Exists(dir.path()));
  EXPECT_EQ(this->Reaped(ReapOutcome::kInUse), 1u);
}

// C27: another one at its path is not removed.
TYPED_TEST(DirectTempDirTest, StrangerAtItsPathIsLeft) {
  TypeParam dir = Make<TypeParam>(this->Direct());
  const path away = this->parent() / "away";
  ASSERT_EQ(rename(dir.path().c_str(), away.c_str()), 0);
  MakeDirectory(dir.path());
  const absl::Status status = dir.Remove();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_NE(std::string(status.message()).find(away.native()),
            std::string::npos)
      << status;
  EXPECT_TRUE(Exists(dir.path()));
  ASSERT_EQ(rmdir(dir.path().c_str()), 0);
  ASSERT_EQ(rename(away.c_str(), dir.path().c_str()), 0);
}

TYPED_TEST(DirectTempDirTest, SurvivesTheClosingOfAllDescriptors) {
  const Ended ended = RunForked([this] {
    TypeParam dir = Make<TypeParam>(this->Direct());
    MakeFile(dir.path() / "file");
    closefrom(3);
    const int other = open("/", O_RDONLY | O_DIRECTORY);
    TypeParam next = Make<TypeParam>(this->Direct());
    SayUnless(this->ReapedByOther(ReapOutcome::kInUse) == 2, "not held");
    SayUnless(Exists(dir.path() / "file"), "reaped");
    SayUnless(dir.Remove().ok() && !Exists(dir.path()), "not removed");
    SayUnless(next.Remove().ok() && !Exists(next.path()), "not removed");
    SayUnless(fcntl(other, F_GETFD) >= 0, "closed somebody else's");
    SayUnless(Entries(this->parent()).empty(), "something is left");
  });
  EXPECT_EQ(ended.output, "");
}

// The next one need not be in the same parent, nor be a direct one.
TYPED_TEST(DirectTempDirTest, IsHeldAgainFromTheNextCreationAnywhere) {
  const Ended ended = RunForked([this] {
    TypeParam dir = Make<TypeParam>(this->Direct());
    closefrom(3);
    TypeParam next = Make<TypeParam>();
    SayUnless(this->ReapedByOther(ReapOutcome::kInUse) == 1, "not held");
  });
  EXPECT_EQ(ended.output, "");
}

// One whose name means another directory by then is not held.
TYPED_TEST(DirectTempDirTest, StrangerAtItsPathIsNotHeldAgain) {
  const Ended ended = RunForked([this] {
    TypeParam dir = Make<TypeParam>(this->Direct());
    const path away = this->parent() / "away";
    SayUnless(rename(dir.path().c_str(), away.c_str()) == 0, "rename");
    MakeDirectory(dir.path());
    closefrom(3);
    TypeParam next = Make<TypeParam>();
    SayUnless(this->ReapedByOther(ReapOutcome::kRemoved) == 1, "held");
    SayUnless(Exists(away), "reaped");
    SayUnless(rename(away.c_str(), dir.path().c_str()) == 0, "rename");
  });
  EXPECT_EQ(ended.output, "");
}

TYPED_TEST(DirectTempDirTest, MissingParentIsNotFound) {
  auto dir = TypeParam::Create(
      TempDirOptions().set_parent(this->In("missing")).set_direct());
  EXPECT_TRUE(absl::IsNotFound(dir.status())) << dir.status();
}

}  // namespace
