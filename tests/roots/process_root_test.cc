// SPDX-License-Identifier: Apache-2.0

// The directory of a process in which its temp dirs live.

#include "tempdir/internal/root/process_root.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::TempDirOptions;
using tempdir_internal::ProcessRoot;

template <class Dir>
class ProcessRootTest : public TempDirFixture {};
TYPED_TEST_SUITE(ProcessRootTest, Styles, StyleName);

// The layout: `<parent>/finalize-<uid>-<random>/<name>`, 01700, ours.
TYPED_TEST(ProcessRootTest, FormIsRecognizable) {
  TypeParam dir = Make<TypeParam>();
  const path root = dir.path().parent_path();
  const std::string name = root.filename().native();
  const std::string prefix = "finalize-" + std::to_string(geteuid()) + "-";
  EXPECT_EQ(name.substr(0, prefix.size()), prefix);
  EXPECT_EQ(name.size(), prefix.size() + 16);
  EXPECT_EQ(
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567", prefix.size()),
      std::string::npos);
  EXPECT_EQ(Mode(root), 01700u);
  EXPECT_EQ(root.parent_path(), this->scratch());
}

TYPED_TEST(ProcessRootTest, OneForEachParent) {
  TypeParam a = Make<TypeParam>(TempDirOptions().set_parent(this->Parent("a")));
  TypeParam same =
      Make<TypeParam>(TempDirOptions().set_parent(this->Parent("a")));
  TypeParam b = Make<TypeParam>(TempDirOptions().set_parent(this->Parent("b")));
  EXPECT_EQ(a.path().parent_path(), same.path().parent_path());
  EXPECT_NE(a.path().parent_path(), b.path().parent_path());
}

TYPED_TEST(ProcessRootTest, OfANamedParentGoesWithItsLastDirectory) {
  const path parent = this->Parent();
  std::optional<TypeParam> first =
      Make<TypeParam>(TempDirOptions().set_parent(parent));
  std::optional<TypeParam> last =
      Make<TypeParam>(TempDirOptions().set_parent(parent));
  first.reset();
  EXPECT_EQ(Entries(parent).size(), 1u);
  last.reset();
  EXPECT_TRUE(Entries(parent).empty());
}

// C30: a process without temp dirs leaves nothing, however it ends.
TYPED_TEST(ProcessRootTest, OfTmpdirGoesWithItsLastDirectory) {
  std::optional<TypeParam> first = Make<TypeParam>();
  std::optional<TypeParam> last = Make<TypeParam>();
  first.reset();
  EXPECT_EQ(Entries(this->scratch()).size(), 1u);
  last.reset();
  EXPECT_TRUE(Entries(this->scratch()).empty());
}

// C30: an `_exit` in a worker of a pool, say.
TYPED_TEST(ProcessRootTest, IsNotLeftByUnderscoreExit) {
  const Ended ended = RunForked([] {
    { TypeParam dir = Make<TypeParam>(); }
    { TypeParam dir = Make<TypeParam>(); }
    _exit(0);
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_TRUE(Entries(this->scratch()).empty());
}

// C30: its parent was made ready somewhere else, and then published.
TYPED_TEST(ProcessRootTest, GoesWhereItsParentWasRenamed) {
  const path stage = this->Parent("stage");
  TypeParam dir = Make<TypeParam>(TempDirOptions().set_parent(stage));
  MakeFile(dir.path() / "file");
  const path published = this->In("published");
  ASSERT_EQ(rename(stage.c_str(), published.c_str()), 0);
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(Entries(published).empty());
}

// C30: what another program put in its place is left.
TYPED_TEST(ProcessRootTest, ReplacedOneIsNotRemovedByName) {
  const path parent = this->Parent();
  TypeParam dir = Make<TypeParam>(TempDirOptions().set_parent(parent));
  const path root = dir.path().parent_path();
  ASSERT_EQ(rename(root.c_str(), this->In("away").c_str()), 0);
  MakeDirectory(root);
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(Exists(root));
}

TYPED_TEST(ProcessRootTest, VanishedOneIsReplaced) {
  path root;
  {
    TypeParam old = Make<TypeParam>();
    root = old.path().parent_path();
    ASSERT_EQ(rmdir(old.path().c_str()), 0);
    ASSERT_EQ(rmdir(root.c_str()), 0);
  }
  TypeParam dir = Make<TypeParam>();
  EXPECT_NE(dir.path().parent_path(), root);
  EXPECT_TRUE(Exists(dir.path()));
}

// What lives in a root that was moved is still found through the descriptor.
TYPED_TEST(ProcessRootTest, MovedOneIsReplacedAndItsDirectoriesRemoved) {
  TypeParam old = Make<TypeParam>();
  const path away = this->In("away");
  ASSERT_EQ(rename(old.path().parent_path().c_str(), away.c_str()), 0);
  TypeParam dir = Make<TypeParam>();
  EXPECT_TRUE(Exists(dir.path()));
  EXPECT_TRUE(old.Remove().ok());
  EXPECT_TRUE(Entries(away).empty());
}

// One descriptor, not inherited by exec, clear of the standard streams.
TYPED_TEST(ProcessRootTest, DescriptorIsClosedByExec) {
  const Ended ended = RunForked([] {
    close(STDIN_FILENO);
    TypeParam dir = Make<TypeParam>();
    SayUnless(fcntl(STDIN_FILENO, F_GETFD) < 0, "took standard input");
    int held = 0;
    for (int fd = 3; fd < 100; ++fd) {
      struct stat open_file, root;
      if (fstat(fd, &open_file) != 0) continue;
      stat(dir.path().parent_path().c_str(), &root);
      if (open_file.st_ino != root.st_ino) continue;
      ++held;
      SayUnless(fcntl(fd, F_GETFD) == FD_CLOEXEC, "not FD_CLOEXEC");
    }
    SayUnless(held == 1, "not one descriptor");
  });
  EXPECT_EQ(ended.output, "");
}

// A program that closes everything, and whose numbers then mean other files.
TYPED_TEST(ProcessRootTest, ClosedDescriptorIsNoticed) {
  const Ended ended = RunForked([this] {
    TypeParam old = Make<TypeParam>();
    MakeFile(old.path() / "file");
    for (int fd = 3; fd < 100; ++fd) close(fd);
    const path other = this->Parent("other");
    for (int i = 0; i < 10; ++i) {
      if (open(other.c_str(), O_RDONLY | O_DIRECTORY) < 0) abort();
    }
    TypeParam dir = Make<TypeParam>();
    SayUnless(Exists(dir.path()), "made");
    SayUnless(old.Remove().ok() && !Exists(old.path()), "removed");
    SayUnless(dir.Remove().ok() && !Exists(dir.path()), "removed");
    SayUnless(Entries(other).empty(), "made elsewhere");
  });
  EXPECT_EQ(ended.output, "");
}

TEST(ProcessRootUseTest, ReleaseRemovesTheLastOne) {
  Scratch scratch;
  auto first = ProcessRoot::Acquire(scratch.path().native());
  auto second = ProcessRoot::Acquire(scratch.path().native());
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
  EXPECT_TRUE((*first)->Descriptor().ok());
  (*first)->Release();
  EXPECT_EQ(Entries(scratch.path()).size(), 1u);
  (*second)->Release();
  EXPECT_TRUE(Entries(scratch.path()).empty());
}

}  // namespace
