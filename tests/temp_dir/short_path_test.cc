// SPDX-License-Identifier: Apache-2.0

// TempDirOptions::set_short_path: a temp dir whose path leaves room for the
// name of a socket, and that is reaped as any other.

#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tempdir/temp_file.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using finalize_test::SendSignal;
using tempdir::ReapOutcome;
using tempdir::TempDirOptions;
using tempdir_internal::ParseRootName;
using tempdir_internal::ShortRootPrefix;

template <class Dir>
class ShortPathTest : public TempDirFixture {};
TYPED_TEST_SUITE(ShortPathTest, Styles, StyleName);

TYPED_TEST(ShortPathTest, AddsNoMoreThanMktemp) {
  TypeParam dir = Make<TypeParam>(TempDirOptions().set_short_path());
  const std::string parent = this->scratch().native();
  // The superuser's; /tmp.XXXXXXXXXX are 15.
  EXPECT_EQ(dir.path().native().size(), parent.size() + 15);
  EXPECT_EQ(dir.path().parent_path(), parent);
  EXPECT_EQ(Mode(dir.path()) & 0777, 0700u);
}
// A parent of 88 bytes, where one in a root has no room left.
TYPED_TEST(ShortPathTest, LeavesRoomForASocket) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    const std::string parent = "/tmp/" + std::string(83, 'p');
    MakeDirectory(parent);
    TypeParam dir =
        Make<TypeParam>(TempDirOptions().set_parent(parent).set_short_path());
    const std::string path = (dir.path() / "s").native();
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    SayUnless(path.size() < sizeof address.sun_path, path);
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    SayUnless(
        bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
        "bind");
    SayUnless(dir.Remove().ok(), "remove");
    SayUnless(Entries(parent).empty(), "something is left");
  });
  EXPECT_EQ(ended.output, "");
}
// C30: in use as long as its owner lives, and then the next reaper's.
TYPED_TEST(ShortPathTest, IsReapedOnceItsOwnerIsDead) {
  TypeParam live = Make<TypeParam>(TempDirOptions().set_short_path());
  RunForked([] {
    Abandon(Make<TypeParam>(TempDirOptions().set_short_path()));
    SendSignal(getpid(), SIGKILL);
  });
  auto report = tempdir::Reap(this->scratch());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->Count(ReapOutcome::kRemoved), 1u);
  EXPECT_EQ(report->Count(ReapOutcome::kInUse), 1u);
  EXPECT_EQ(Entries(this->scratch()),
            std::vector<std::string>{live.path().filename().native()});
}
TYPED_TEST(ShortPathTest, KeepGivesItTheNameOfItsPrefix) {
  TypeParam dir =
      Make<TypeParam>(TempDirOptions().set_short_path().set_prefix("socket-"));
  auto kept = dir.Keep();
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept->filename().native().substr(0, 7), "socket-");
}

TEST(ShortRootNameTest, HasOneFormForEachUser) {
  EXPECT_EQ(ShortRootPrefix(0), "fza+");
  EXPECT_EQ(ShortRootPrefix(1000), "fz7i+");
  for (const uid_t user : {0u, 31u, 32u, 1000u, 65534u, 4294967295u}) {
    const auto parsed = ParseRootName(ShortRootPrefix(user) + "abcdefghij");
    ASSERT_TRUE(parsed.has_value()) << user;
    EXPECT_EQ(parsed->owner, user);
    EXPECT_FALSE(parsed->reaped);
    EXPECT_TRUE(parsed->is_short);
  }
  for (const char* name :
       {"fz+abcdefghij", "fzaa+abcdefghij", "fza+abcdefghi", "fza+abcdefghijk",
        "fza+abcdefghi0", "fzaaaaaaaa+abcdefghij", "fz7777777+abcdefghij",
        "fzA+abcdefghij", "fza_abcdefghij", "fzf-completion", "fzf-extensions",
        "fzf-benchmarks"}) {
    EXPECT_FALSE(ParseRootName(name).has_value()) << name;
  }
}

class ShortNameTest : public TempDirFixture {
 protected:
  // What becomes of a directory of that name, which nobody marked.
  static ReapOutcome Reaped(const std::string& parent, bool unmarked = false) {
    tempdir::ReapOptions options;
    options.unmarked = unmarked;
    auto report = tempdir::Reap(parent, options);
    SayUnless(report.ok() && report->roots.size() == 1, "not one entry");
    return report.ok() && !report->roots.empty() ? report->roots[0].outcome
                                                 : ReapOutcome::kGone;
  }
};

// C30: the name, the owner and the parent are right: that is too little.
TEST_F(ShortNameTest, WithoutAMarkItIsLeftEvenIfItIsEmpty) {
  const std::string parent = scratch().native();
  const std::string named = parent + "/fza+abcdefghij";
  MakeDirectory(named);
  EXPECT_EQ(Reaped(parent), ReapOutcome::kRefused);
  MakeFile(named + "/file");
  EXPECT_EQ(Reaped(parent), ReapOutcome::kRefused);
  EXPECT_TRUE(Exists(named + "/file"));
  EXPECT_EQ(Reaped(parent, /*unmarked=*/true), ReapOutcome::kRemoved);
}

// C30: nor is it enough on a file system without attributes.
TEST_F(ShortNameTest, OnAFileSystemWithoutMarksItHasToBeAskedFor) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    if (mount("none", "/tmp", "ramfs", 0, "mode=01777") != 0) abort();
    for (const char* name : {"/tmp/fzf-completion", "/tmp/fza+abcdefghij"}) {
      MakeDirectory(name);
      MakeFile(std::string(name) + "/file");
    }
    SayUnless(Reaped("/tmp") == ReapOutcome::kRefused, "taken");
    SayUnless(Entries("/tmp").size() == 2, "removed");
    SayUnless(Reaped("/tmp", /*unmarked=*/true) == ReapOutcome::kRemoved,
              "left");
    SayUnless(Exists("/tmp/fzf-completion/file"), "an ordinary name was taken");
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.exit_code, 0);
}

// A temp dir may be kept by any ordinary name.
TEST_F(ShortNameTest, OrdinaryNamesAreNotReserved) {
  auto dir =
      Make<tempdir::FinalizerTempDir>(TempDirOptions().set_prefix("fzf-"));
  auto kept = dir.Keep((scratch() / "fzf-completion").native());
  EXPECT_TRUE(kept.ok()) << kept.status();
}

// A kept directory, or one of FINALIZE_KEEP_TEMP_DIRS, never looks like one.
TEST(ShortRootNameTest, PrefixThatGivesItIsRefused) {
  const Scratch scratch;
  EXPECT_TRUE(absl::IsInvalidArgument(
      tempdir::FinalizerTempDir::Create(TempDirOptions().set_prefix("fza+"))
          .status()));
  EXPECT_TRUE(
      tempdir::FinalizerTempDir::Create(TempDirOptions().set_prefix("fz+"))
          .ok());
  EXPECT_TRUE(absl::IsInvalidArgument(
      tempdir::TempFile::Create(TempDirOptions().set_short_path()).status()));
}

}  // namespace
