// SPDX-License-Identifier: Apache-2.0

// Create: what both styles make, and what they say where they cannot.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/refused_calls.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using tempdir::TempDirOptions;
using testing::Test;

template <class Dir>
class TempDirCreationTest : public TempDirFixture {
 protected:
  absl::Status TryIn(const boost::filesystem::path& parent) {
    return Dir::Create(TempDirOptions().set_parent(parent)).status();
  }
  // The same with $TMPDIR.
  absl::Status TryTmpdir(const char* value) {
    setenv("TMPDIR", value, 1);
    return Dir::Create().status();
  }
};
TYPED_TEST_SUITE(TempDirCreationTest, Styles, StyleName);

bool Names(const absl::Status& status, const boost::filesystem::path& path) {
  return status.ToString().find(path.native()) != std::string::npos;
}

// C27: absolute path, mode 0700.
TYPED_TEST(TempDirCreationTest, DirectoryIsAbsolutePrivateAndEmpty) {
  TypeParam dir = Make<TypeParam>();
  EXPECT_TRUE(dir.path().is_absolute());
  EXPECT_EQ(Mode(dir.path()), 0700u);
  EXPECT_TRUE(Entries(dir.path()).empty());
  EXPECT_FALSE(dir.removed());
}

// C27: unpredictable name. Ten letters of five bits.
TYPED_TEST(TempDirCreationTest, NamesDiffer) {
  std::set<std::string> names;
  for (int i = 0; i < 200; ++i) {
    TypeParam dir = Make<TypeParam>();
    const std::string name = dir.path().filename().native();
    EXPECT_EQ(name.size(), std::string("tmp-").size() + 10) << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), 200u);
}

TYPED_TEST(TempDirCreationTest, NameHasPrefixAndSuffix) {
  TypeParam dir =
      Make<TypeParam>(TempDirOptions().set_prefix("build-").set_suffix(".d"));
  const std::string name = dir.path().filename().native();
  EXPECT_EQ(name.substr(0, 6), "build-");
  EXPECT_EQ(name.substr(name.size() - 2), ".d");
}

// C27, edge 2: whatever the umask. As an ordinary user, who needs the bits.
TYPED_TEST(TempDirCreationTest, UmaskDoesNotMatter) {
  for (const mode_t mask : {0000, 0077, 0777}) {
    const Ended ended = RunForked([mask] {
      MountMemory("/tmp");
      setenv("TMPDIR", "/tmp", 1);
      BecomeNobody();
      umask(mask);
      TypeParam dir = Make<TypeParam>();
      SayUnless(Mode(dir.path()) == 0700, "mode");
      SayUnless(Mode(dir.path().parent_path()) == 01700, "mode of the root");
      SayUnless(mkdir((dir.path() / "sub").c_str(), 0700) == 0, "usable");
      SayUnless(dir.Remove().ok(), dir.Remove().ToString());
    });
    EXPECT_EQ(ended.output, "") << mask;
    EXPECT_EQ(ended.exit_code, 0);
  }
}

TYPED_TEST(TempDirCreationTest, ModeCanBeChosen) {
  TypeParam dir = Make<TypeParam>(TempDirOptions().set_mode(0755));
  EXPECT_EQ(Mode(dir.path()), 0755u);
}

TYPED_TEST(TempDirCreationTest, StandardPathIsWelcome) {
  const std::filesystem::path parent = this->Parent().native();
  TypeParam dir = Make<TypeParam>(TempDirOptions().set_parent(parent));
  EXPECT_EQ(dir.path().parent_path().parent_path(), parent.native());
}

// C27, edge 4: the path is pinned at creation.
TYPED_TEST(TempDirCreationTest, RelativeParentIsPinned) {
  const auto parent = this->Parent();
  this->Parent("elsewhere");
  const Ended ended = RunForked([&] {
    SayUnless(chdir(this->scratch().c_str()) == 0, "chdir");
    TypeParam dir = Make<TypeParam>(TempDirOptions().set_parent("parent/"));
    SayUnless(chdir("elsewhere") == 0, "chdir");
    SayUnless(dir.path().parent_path().parent_path() == parent,
              dir.path().native());
    SayUnless(Mode(dir.path()) == 0700, "there");
    SayUnless(dir.Remove().ok(), "removed");
    SayUnless(!Exists(dir.path()), "gone");
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_TRUE(Entries(parent).empty());
}

// Edge 3, the table of what $TMPDIR gives.
TYPED_TEST(TempDirCreationTest, UnsetOrEmptyTmpdirStandsForTmp) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    unsetenv("TMPDIR");
    TypeParam unset = Make<TypeParam>();
    SayUnless(unset.path().parent_path().parent_path() == "/tmp", "unset");
    setenv("TMPDIR", "", 1);
    TypeParam empty = Make<TypeParam>();
    SayUnless(empty.path().parent_path().parent_path() == "/tmp", "empty");
  });
  EXPECT_EQ(ended.output, "");
}
// C38: the reason is known.
TYPED_TEST(TempDirCreationTest, LoopOfLinksAsTmpdirIsFailedPrecondition) {
  const auto loop = this->scratch() / "loop";
  ASSERT_EQ(symlink("loop", loop.c_str()), 0);
  const absl::Status status = this->TryTmpdir(loop.c_str());
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(Names(status, loop)) << status;
}

// C37: names are random where getrandom is refused, with and without
// /dev/urandom.
TYPED_TEST(TempDirCreationTest, NamesAreRandomWithoutGetrandom) {
  for (const char* hidden : {"/mnt", "/dev"}) {
    const Ended ended = RunForked([hidden] {
      MountMemory("/tmp");
      MountMemory(hidden);
      const std::string refused = RefuseCalls({SYS_getrandom}, EPERM);
      SayUnless(refused.empty(), refused);
      const auto options = [] { return TempDirOptions().set_parent("/tmp"); };
      TypeParam one = Make<TypeParam>(options());
      TypeParam other = Make<TypeParam>(options());
      SayUnless(one.path() != other.path(), "two names");
      const std::string name = one.path().filename().native();
      SayUnless(name.find_first_not_of(name.back()) != name.npos, name);
      SayUnless(one.Remove().ok() && other.Remove().ok(), "removed");
    });
    EXPECT_EQ(ended.output, "") << hidden;
    EXPECT_EQ(ended.exit_code, 0);
  }
}
TYPED_TEST(TempDirCreationTest, RelativeTmpdirIsRefused) {
  const absl::Status status = this->TryTmpdir("relative/dir");
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_TRUE(Names(status, "relative/dir")) << status;
}
TYPED_TEST(TempDirCreationTest, MissingParentIsNotFound) {
  const auto missing = this->In("missing");
  const absl::Status status = this->TryTmpdir(missing.c_str());
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(Names(status, missing)) << status;
}
TYPED_TEST(TempDirCreationTest, FileAsParentIsRefused) {
  const auto file = this->In("file");
  MakeFile(file);
  const absl::Status status = this->TryTmpdir(file.c_str());
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(Names(status, file)) << status;
}
TYPED_TEST(TempDirCreationTest, LinkToParentIsFollowed) {
  const auto parent = this->Parent();
  const auto link = this->In("link");
  ASSERT_EQ(symlink("parent", link.c_str()), 0);
  setenv("TMPDIR", (link.native() + "//").c_str(), 1);
  TypeParam dir = Make<TypeParam>();
  EXPECT_EQ(dir.path().parent_path().parent_path(), link);
  EXPECT_EQ(Entries(parent).size(), 1u);
}
TYPED_TEST(TempDirCreationTest, ParentWithoutPermissionIsRefused) {
  const Ended ended = RunForked([this] {
    MountMemory("/tmp", "mode=0755");
    BecomeNobody();
    const absl::Status status = this->TryTmpdir("/tmp");
    SayUnless(absl::IsPermissionDenied(status), status.ToString());
    SayUnless(Names(status, "/tmp"), status.ToString());
    SayUnless(Entries("/tmp").empty(), "something is left");
  });
  EXPECT_EQ(ended.output, "");
}
TYPED_TEST(TempDirCreationTest, ReadOnlyFileSystemIsRefused) {
  const Ended ended = RunForked([this] {
    MountMemory("/tmp", "mode=1777,ro");
    const absl::Status status = this->TryTmpdir("/tmp");
    SayUnless(absl::IsPermissionDenied(status), status.ToString());
    SayUnless(Names(status, "/tmp: Read-only"), status.ToString());
  });
  EXPECT_EQ(ended.output, "");
}
TYPED_TEST(TempDirCreationTest, FullDiskIsResourceExhausted) {
  const Ended ended = RunForked([this] {
    MountMemory("/tmp", "mode=1777,nr_inodes=2");  // one for its own root
    const absl::Status full = this->TryTmpdir("/tmp");
    SayUnless(absl::IsResourceExhausted(full), full.ToString());
    SayUnless(Names(full, "/tmp/finalize-0-"), full.ToString());
    SayUnless(Entries("/tmp").size() <= 1, "something is left");
  });
  EXPECT_EQ(ended.output, "");
}
TYPED_TEST(TempDirCreationTest, LackOfDescriptorsLeavesNothing) {
  const auto parent = this->Parent();
  const Ended ended = RunForked([&] {
    const rlimit none = {3, 3};
    setrlimit(RLIMIT_NOFILE, &none);
    const absl::Status status = this->TryIn(parent);
    SayUnless(absl::IsResourceExhausted(status), status.ToString());
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_TRUE(Entries(parent).empty());
}

TYPED_TEST(TempDirCreationTest, BadNamesAreRefused) {
  const std::string nul("a\0b", 3);
  for (const TempDirOptions& bad :
       {TempDirOptions().set_prefix("a/b"), TempDirOptions().set_suffix("/"),
        TempDirOptions().set_prefix(nul), TempDirOptions().set_suffix(nul),
        TempDirOptions().set_parent(nul),
        TempDirOptions().set_prefix(std::string(246, 'a')),
        TempDirOptions().set_prefix("finalize-0-"),
        TempDirOptions().set_mode(0500), TempDirOptions().set_mode(01777)}) {
    const absl::Status status = TypeParam::Create(bad).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  }
  EXPECT_TRUE(Entries(this->scratch()).empty());
}
TYPED_TEST(TempDirCreationTest, LongestNameIsAccepted) {
  TypeParam dir =
      Make<TypeParam>(TempDirOptions().set_prefix(std::string(245, 'a')));
  EXPECT_EQ(dir.path().filename().size(), 255u);
}
TYPED_TEST(TempDirCreationTest, TooLongPathIsRefused) {
  boost::filesystem::path parent = this->In("");
  while (parent.size() < 3900) {
    parent /= std::string(100, 'p');
    ASSERT_EQ(mkdir(parent.c_str(), 0755), 0);
  }
  const absl::Status status =
      TypeParam::Create(
          TempDirOptions().set_parent(parent).set_prefix(std::string(200, 'a')))
          .status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_TRUE(Entries(parent).empty());
}

}  // namespace
