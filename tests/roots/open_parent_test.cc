// SPDX-License-Identifier: Apache-2.0

// C27: temp dirs in parents in which other users may rename, as containers and
// groups have them: they can be used, as with mktemp; what is weaker there is
// said, and can be refused.

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_guarantees.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/dead_roots.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::ReapOutcome;
using tempdir::TempDirOptions;

constexpr gid_t kGroup = 4242;

// A user with one more group.
void BecomeMember() {
  const gid_t groups[] = {kGroup};
  if (setgroups(1, groups) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
      setresuid(kNobody, kNobody, kNobody) != 0) {
    abort();
  }
}

// Makes one in $TMPDIR, uses it and removes it.
template <class Dir>
void UseOne(const TempDirOptions& options = {}) {
  auto dir = Dir::Create(options);
  SayUnless(dir.ok(), dir.status().ToString());
  if (!dir.ok()) return;
  MakeFile(dir->path() / "file");
  SayUnless(Exists(dir->path() / "file"), "no file");
  SayUnless((Mode(dir->path()) & 0777) == 0700, "mode");
  SayUnless(!dir->guarantees().path, "the path is said to be safe");
  SayUnless(dir->guarantees().mode && dir->guarantees().owner, "what else?");
  SayUnless(dir->Remove().ok(), "not removed");
  SayUnless(Entries(getenv("TMPDIR")).empty(), "something is left");
}

template <class Dir>
class OpenParentTest : public TempDirFixture {
 protected:
  // In a file system with this mode, of root.
  void ExpectUsable(mode_t mode, gid_t group) {
    const Ended ended = RunForked([=] {
      MountMemory("/tmp");
      if (chown("/tmp", 0, group) != 0 || chmod("/tmp", mode) != 0) abort();
      setenv("TMPDIR", "/tmp", 1);
      BecomeMember();
      UseOne<Dir>();
      UseOne<Dir>(TempDirOptions().set_direct());
    });
    EXPECT_EQ(ended.output, "");
    EXPECT_EQ(ended.exit_code, 0);
  }
};
TYPED_TEST_SUITE(OpenParentTest, Styles, StyleName);

// C27: a Kubernetes emptyDir.
TYPED_TEST(OpenParentTest, WritableByAllWithoutStickyBitIsUsed) {
  this->ExpectUsable(0777, 0);
}
// C27: a volume with an fsGroup.
TYPED_TEST(OpenParentTest, OfAnotherGroupOfTheUserIsUsed) {
  this->ExpectUsable(02775, kGroup);
}
// C27: a scratch directory of a group.
TYPED_TEST(OpenParentTest, OfAGroupAloneIsUsed) {
  this->ExpectUsable(02770, kGroup);
}
// C27: and so is one of another user.
TYPED_TEST(OpenParentTest, OfAnotherUserIsUsed) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp", "mode=1777,uid=65534");
    setenv("TMPDIR", "/tmp", 1);
    UseOne<TypeParam>();
  });
  EXPECT_EQ(ended.output, "");
}

TYPED_TEST(OpenParentTest, CanBeRefused) {
  ASSERT_EQ(chmod(this->scratch().c_str(), 0777), 0);
  for (const bool directly : {false, true}) {
    const auto dir = TypeParam::Create(
        TempDirOptions().set_require_guarantees().set_direct(directly));
    EXPECT_TRUE(absl::IsFailedPrecondition(dir.status())) << dir.status();
    EXPECT_TRUE(Entries(this->scratch()).empty());
  }
}

TYPED_TEST(OpenParentTest, SafeParentHasAllGuarantees) {
  const TypeParam dir =
      Make<TypeParam>(TempDirOptions().set_require_guarantees());
  EXPECT_TRUE(dir.guarantees().all());
  const TypeParam direct =
      Make<TypeParam>(TempDirOptions().set_require_guarantees().set_direct());
  EXPECT_TRUE(direct.guarantees().all());
}

// C27: another user moves the root away between two Creates, and puts a
// directory, or a link to the root itself, in its place.
TYPED_TEST(OpenParentTest, RootThatIsSwappedIsNotUsedAgain) {
  ASSERT_EQ(chmod(this->scratch().c_str(), 0777), 0);
  TypeParam old = Make<TypeParam>();
  const path root = old.path().parent_path();
  const path away = this->In("away");
  ASSERT_EQ(rename(root.c_str(), away.c_str()), 0);
  for (const bool link : {false, true}) {
    if (link) {
      ASSERT_EQ(symlink(away.c_str(), root.c_str()), 0);
    } else {
      ASSERT_EQ(mkdir(root.c_str(), 0777), 0);
    }
    const TypeParam dir = Make<TypeParam>();
    EXPECT_NE(dir.path().parent_path(), root);
    EXPECT_TRUE(Exists(dir.path()));
    ASSERT_EQ(remove(root.c_str()), 0);
  }
  EXPECT_EQ(Entries(away).size(), 1u);
  EXPECT_TRUE(old.Remove().ok());
}

// C30: what died there is reaped, by its user and by the mark alone.
TEST(OpenParentReapTest, DeadRootsAreReaped) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp", "mode=0777");
    BecomeSomeUser();
    MakeDeadRoot("/tmp");
    auto report = tempdir::Reap("/tmp");
    SayUnless(report.ok() && report->Count(ReapOutcome::kRemoved) == 1,
              "not reaped");
    SayUnless(Entries("/tmp").empty(), "something is left");
  });
  EXPECT_EQ(ended.output, "");
}
TEST(OpenParentReapTest, DeadRootsOfTheSuperuserAreReaped) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp", "mode=0777");
    MakeDeadRoot("/tmp");
    auto report = tempdir::Reap("/tmp");
    SayUnless(report.ok() && report->Count(ReapOutcome::kRemoved) == 1,
              "not reaped");
    SayUnless(Entries("/tmp").empty(), "something is left");
  });
  EXPECT_EQ(ended.output, "");
}

}  // namespace
