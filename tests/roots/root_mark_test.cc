// SPDX-License-Identifier: Apache-2.0

// C30: what makes a directory a root is a mark inside that only its owner can
// have made, and that names it.

#include "tempdir/internal/marks/root_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/dead_roots.h"
#include "tests/support/refused_calls.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::ReapedRoot;
using tempdir::ReapOptions;
using tempdir::ReapOutcome;
using tempdir::TempDirOptions;

constexpr char kAttribute[] = "user.finalize.root";
constexpr char kName[] = "finalize-0-aaaaaaaaaaaaaaaa";

std::string MarkOf(const path& directory) {
  char mark[256];
  const ssize_t size =
      getxattr(directory.c_str(), kAttribute, mark, sizeof mark);
  return size < 0 ? "" : std::string(mark, static_cast<size_t>(size));
}

class RootMarkTest : public TempDirFixture {
 protected:
  path parent() const { return Parent(); }

  ReapedRoot ReapOnly(const path& where, const ReapOptions& options = {}) {
    auto report = tempdir::Reap(where, options);
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok() || report->roots.size() != 1) {
      ADD_FAILURE() << "not one entry";
      return {};
    }
    return report->roots[0];
  }
};

// C30: a backup has the name, the owner, the mode and the attributes of a dead
// root, and no lock.
TEST_F(RootMarkTest, CopyOfADeadRootIsLeft) {
  const path root = MakeDeadRoot(parent());
  const path copy = parent() / kName;
  RunForked([&] {
    execlp("cp", "cp", "-a", root.c_str(), copy.c_str(), nullptr);
    _exit(1);
  });
  ASSERT_NE(MarkOf(copy), "");
  EXPECT_EQ(MarkOf(copy), MarkOf(root));
  auto report = tempdir::Reap(parent());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->Count(ReapOutcome::kRemoved), 1u);
  EXPECT_EQ(report->Count(ReapOutcome::kRefused), 1u);
  EXPECT_FALSE(Exists(root));
  EXPECT_EQ(Entries(copy).size(), 1u);
}

// C30: as a program that copies attributes, or another user, may put it there.
TEST_F(RootMarkTest, MarkOfAnotherDirectoryIsNone) {
  const path root = MakeDeadRoot(parent());
  const std::string mark = MarkOf(root);
  EXPECT_EQ(ReapOnly(parent()).outcome, ReapOutcome::kRemoved);
  const path other = parent() / kName;
  MakeDirectory(other);
  ASSERT_EQ(chmod(other.c_str(), 01700), 0);
  MakeFile(other / "file");
  for (const std::string& text : std::vector<std::string>{
           mark, "", "b", "h", "b ", "h 1 2", std::string(200, 'b')}) {
    ASSERT_EQ(setxattr(other.c_str(), kAttribute, text.data(), text.size(), 0),
              0);
    const ReapedRoot left = ReapOnly(parent());
    EXPECT_EQ(left.outcome, ReapOutcome::kRefused) << text;
  }
  EXPECT_TRUE(Exists(other / "file"));
}

// C30: older versions made no marks: it has to be asked for.
TEST_F(RootMarkTest, RootOfAnOlderVersionIsLeftUnlessAskedFor) {
  const path root = MakeDeadRoot(parent());
  ASSERT_EQ(removexattr(root.c_str(), kAttribute), 0);
  ASSERT_EQ(chmod(root.c_str(), 0700), 0);
  const ReapedRoot left = ReapOnly(parent());
  EXPECT_EQ(left.outcome, ReapOutcome::kRefused);
  EXPECT_NE(left.status.message().find("no mark"), std::string::npos)
      << left.status;
  ReapOptions options;
  options.unmarked = true;
  ASSERT_EQ(chmod(parent().c_str(), 0777), 0);
  EXPECT_EQ(ReapOnly(parent(), options).outcome, ReapOutcome::kRefused);
  ASSERT_EQ(chmod(parent().c_str(), 0755), 0);
  EXPECT_EQ(ReapOnly(parent(), options).outcome, ReapOutcome::kRemoved);
}

// C30: killed between mkdir and the mark.
TEST_F(RootMarkTest, EmptyDirectoryWithoutAMarkIsRemoved) {
  MakeDirectory(parent() / kName);
  ReapOptions look;
  look.dry_run = true;
  EXPECT_EQ(ReapOnly(parent(), look).outcome, ReapOutcome::kRemovable);
  EXPECT_TRUE(Exists(parent() / kName));
  const ReapedRoot root = ReapOnly(parent());
  EXPECT_EQ(root.outcome, ReapOutcome::kRemoved);
  EXPECT_EQ(root.entries, 1u);
  EXPECT_FALSE(Exists(parent() / kName));
}

// C30: killed before its live mark was complete, on a file system whose locks
// may not be seen.
TEST_F(RootMarkTest, DirectoryWithNothingButAnUnfinishedMarkIsRemoved) {
  const path unfinished = parent() / kName / ".keep-new";
  MakeDirectory(parent() / kName);
  MakeFile(unfinished);
  ReapOptions look;
  look.dry_run = true;
  EXPECT_EQ(ReapOnly(parent(), look).outcome, ReapOutcome::kRemovable);
  EXPECT_TRUE(Exists(unfinished));
  EXPECT_EQ(ReapOnly(parent()).outcome, ReapOutcome::kRemoved);
  EXPECT_FALSE(Exists(parent() / kName));
}
TEST_F(RootMarkTest, UnfinishedMarkBesideAnythingElseIsLeft) {
  const path unfinished = parent() / kName / ".keep-new";
  MakeDirectory(parent() / kName);
  ASSERT_EQ(symlink("target", unfinished.c_str()), 0);
  EXPECT_EQ(ReapOnly(parent()).outcome, ReapOutcome::kRefused);
  ASSERT_EQ(unlink(unfinished.c_str()), 0);
  MakeFile(unfinished);
  MakeFile(parent() / kName / "file");
  EXPECT_EQ(ReapOnly(parent()).outcome, ReapOutcome::kRefused);
  EXPECT_EQ(Entries(parent() / kName).size(), 2u);
}

// C30: a root that its owner could not mark is none for a reaper. Marks that
// are refused are no reason to do without temp dirs; a disk that fails is.
TEST_F(RootMarkTest, OnlyAFailingDiskKeepsARootFromBeingMade) {
  for (const int error : {EPERM, EACCES, ENOSYS, EOPNOTSUPP, EIO}) {
    const Ended ended = RunForked([&] {
      SayUnless(RefuseCalls({SYS_fsetxattr}, error).empty(), "no filter");
      auto dir = tempdir::DestructorTempDir::Create(
          TempDirOptions().set_parent(parent()));
      SayUnless(dir.ok() == (error != EIO), dir.status().ToString());
    });
    EXPECT_EQ(ended.output, "") << error;
    EXPECT_TRUE(Entries(parent()).empty()) << error;
  }
}

// C30: an old kernel, or the filter of a container.
TEST_F(RootMarkTest, DeadRootIsReapedWithoutRenameat2) {
  for (const int error : {ENOSYS, EPERM}) {
    MakeDeadRoot(parent());
    const Ended ended = RunForked([&] {
      SayUnless(RefuseCalls({SYS_renameat2}, error).empty(), "no filter");
      auto report = tempdir::Reap(parent());
      SayUnless(report.ok() && report->Count(ReapOutcome::kRemoved) == 1,
                "left");
    });
    EXPECT_EQ(ended.output, "") << error;
    EXPECT_TRUE(Entries(parent()).empty()) << error;
  }
}

// C30: on a file system without attributes the parent decides, as before.
TEST_F(RootMarkTest, WithoutAttributesTheParentDecides) {
  const Ended ended = RunForked([this] {
    MountMemory("/tmp");
    if (mount("none", "/tmp", "ramfs", 0, "mode=0777") != 0) abort();
    const path root = MakeDeadRoot("/tmp");
    SayUnless(MarkOf(root).empty(), "ramfs has attributes");
    SayUnless(ReapOnly("/tmp").outcome == ReapOutcome::kRefused, "taken");
    SayUnless(chmod("/tmp", 01777) == 0, "chmod");
    SayUnless(ReapOnly("/tmp").outcome == ReapOutcome::kRemoved, "left");
  });
  EXPECT_EQ(ended.output, "");
}

template <class Dir>
class DirectMarkTest : public TempDirFixture {};
TYPED_TEST_SUITE(DirectMarkTest, Styles, StyleName);

// C30: `git clone` and `initdb` want an empty directory.
TYPED_TEST(DirectMarkTest, DirectTempDirHoldsNothing) {
  TypeParam dir = Make<TypeParam>(TempDirOptions().set_direct());
  EXPECT_TRUE(Entries(dir.path()).empty());
  EXPECT_NE(MarkOf(dir.path()), "");
  EXPECT_EQ(Mode(dir.path()), 0700u);
}

// C30
TYPED_TEST(DirectMarkTest, DirectTempDirOfADeadProcessIsReaped) {
  RunForked([] {
    auto* dir = Abandon(Make<TypeParam>(TempDirOptions().set_direct()));
    MakeFile(dir->path() / "file");
    finalize_test::SendSignal(getpid(), SIGKILL);
  });
  EXPECT_EQ(Entries(this->scratch()).size(), 1u);
  auto report = tempdir::Reap(this->scratch());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->Count(ReapOutcome::kRemoved), 1u);
  EXPECT_TRUE(Entries(this->scratch()).empty());
}

// C30: its mode is what its owner asked for. Without the sticky bit its mark
// proves nothing to a reaper where others may give it another name.
TYPED_TEST(DirectMarkTest, InAnOpenParentItIsRefused) {
  for (const bool is_short : {false, true}) {
    const path parent = this->Parent(is_short ? "short" : "long");
    ASSERT_EQ(chmod(parent.c_str(), 0777), 0);
    RunForked([&] {
      TempDirOptions options = TempDirOptions().set_parent(parent).set_direct();
      if (is_short) options.set_short_path();
      auto* dir = Abandon(Make<TypeParam>(options));
      MakeFile(dir->path() / "file");
      finalize_test::SendSignal(getpid(), SIGKILL);
    });
    auto report = tempdir::Reap(parent);
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->Count(ReapOutcome::kRefused), 1u);
    ASSERT_EQ(chmod(parent.c_str(), 01777), 0);
    report = tempdir::Reap(parent);
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->Count(ReapOutcome::kRemoved), 1u);
  }
}

// C28, C30: so that no name that it is given later makes it a root.
TYPED_TEST(DirectMarkTest, KeepTakesTheMarkAway) {
  TypeParam dir = Make<TypeParam>(TempDirOptions().set_direct());
  MakeFile(dir.path() / "file");
  auto kept = dir.Keep();
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(MarkOf(*kept), "");
  const path named = this->scratch() / kName;
  ASSERT_EQ(rename(kept->c_str(), named.c_str()), 0);
  auto report = tempdir::Reap(this->scratch());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->Count(ReapOutcome::kRefused), 1u);
  EXPECT_TRUE(Exists(named / "file"));
}

}  // namespace
