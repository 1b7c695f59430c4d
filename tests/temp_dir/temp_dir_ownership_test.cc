// SPDX-License-Identifier: Apache-2.0

// Who owns a temp dir: moves and forks, and what becomes of failures that no
// caller can be told. The same for both styles.

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::TempDirOptions;

template <class Dir>
class TempDirOwnershipTest : public TempDirFixture {};
TYPED_TEST_SUITE(TempDirOwnershipTest, Styles, StyleName);

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void Block(const path& directory) {
  MakeDirectory(directory / "mounted");
  MountMemory(directory / "mounted");
}

// C27, edge 9.
TYPED_TEST(TempDirOwnershipTest, MoveConstructionMovesTheDirectory) {
  TypeParam from = Make<TypeParam>();
  const path where = from.path();
  {
    TypeParam to = std::move(from);
    EXPECT_EQ(to.path(), where);
    EXPECT_TRUE(Exists(where));
  }
  EXPECT_FALSE(Exists(where));
}
TYPED_TEST(TempDirOwnershipTest, MovedFromOwnsNothing) {
  TypeParam from = Make<TypeParam>();
  TypeParam to = std::move(from);
  EXPECT_TRUE(from.path().empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_FALSE(from.removed());
  EXPECT_TRUE(absl::IsFailedPrecondition(from.Remove()));
  EXPECT_TRUE(absl::IsFailedPrecondition(from.Keep().status()));
  from.MarkFailed();
  EXPECT_TRUE(Exists(to.path()));
}
TYPED_TEST(TempDirOwnershipTest, MoveAssignmentRemovesTheOldOneFirst) {
  TypeParam to = Make<TypeParam>();
  TypeParam from = Make<TypeParam>();
  const path old = to.path();
  const path moved = from.path();
  to = std::move(from);
  EXPECT_FALSE(Exists(old));
  EXPECT_EQ(to.path(), moved);
  EXPECT_TRUE(Exists(moved));
}
TYPED_TEST(TempDirOwnershipTest, MovedFromCanBeAssigned) {
  TypeParam a = Make<TypeParam>();
  TypeParam b = std::move(a);
  a = Make<TypeParam>();
  EXPECT_TRUE(Exists(a.path()));
  EXPECT_TRUE(Exists(b.path()));
  EXPECT_TRUE(a.Remove().ok());
}
TYPED_TEST(TempDirOwnershipTest, SelfMoveDoesNothing) {
  TypeParam dir = Make<TypeParam>();
  TypeParam& same = dir;
  dir = std::move(same);
  EXPECT_TRUE(Exists(dir.path()));
  EXPECT_TRUE(dir.Remove().ok());
}
TYPED_TEST(TempDirOwnershipTest, SwapExchanges) {
  TypeParam a = Make<TypeParam>();
  TypeParam b = Make<TypeParam>();
  const path path_a = a.path();
  const path path_b = b.path();
  using std::swap;
  swap(a, b);
  a.swap(a);
  EXPECT_EQ(a.path(), path_b);
  EXPECT_EQ(b.path(), path_a);
  EXPECT_TRUE(a.Remove().ok());
  EXPECT_FALSE(Exists(path_b));
  EXPECT_TRUE(Exists(path_a));
}
TYPED_TEST(TempDirOwnershipTest, ContainerMayHoldThem) {
  std::vector<path> paths;
  {
    std::vector<TypeParam> dirs;
    for (int i = 0; i < 10; ++i) {
      dirs.push_back(Make<TypeParam>());
      paths.push_back(dirs.back().path());
    }
    dirs.erase(dirs.begin());
    EXPECT_FALSE(Exists(paths[0]));
    EXPECT_TRUE(Exists(paths[9]));
  }
  for (const path& gone : paths) EXPECT_FALSE(Exists(gone));
}

// C14: nothing escapes from the destructor; the failure is reported.
TYPED_TEST(TempDirOwnershipTest, FailureInDestructorIsReported) {
  const Ended ended = RunForked([] {
    TypeParam dir = Make<TypeParam>();
    Block(dir.path());
  });
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_TRUE(Contains(ended.output, "finalize: ")) << ended.output;
  EXPECT_TRUE(Contains(ended.output, "remove temp dir")) << ended.output;
  EXPECT_TRUE(Contains(ended.output, "/mounted")) << ended.output;
}
TYPED_TEST(TempDirOwnershipTest, FailureInDestructorGoesToTheCallback) {
  const Ended ended = RunForked([] {
    std::string told;
    path where;
    {
      TypeParam dir = Make<TypeParam>(TempDirOptions().set_failure_callback(
          [&told](const path& path, const absl::Status& status) {
            told += path.native() + "=" + (status.ok() ? "ok" : "failed");
          }));
      where = dir.path();
      Block(where);
    }
    SayUnless(told == where.native() + "=failed", told);
  });
  EXPECT_EQ(ended.output, "");
}
TYPED_TEST(TempDirOwnershipTest, FailureInDestructorCanCrash) {
  const Ended ended = RunForked([] {
    TypeParam dir = Make<TypeParam>(TempDirOptions().set_crash_on_failure());
    Block(dir.path());
  });
  EXPECT_EQ(ended.signal, SIGABRT);
  EXPECT_TRUE(Contains(ended.output, "/mounted")) << ended.output;
}
TYPED_TEST(TempDirOwnershipTest, ThrowingFailureCallbackIsReported) {
  const Ended ended = RunForked([] {
    TypeParam dir = Make<TypeParam>(TempDirOptions().set_failure_callback(
        [](const path&, const absl::Status&) {
          throw std::runtime_error("callback threw");
        }));
    Block(dir.path());
  });
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_TRUE(Contains(ended.output, "callback threw")) << ended.output;
}

// C21, edge 8: a child owns nothing that it inherited.
TYPED_TEST(TempDirOwnershipTest, ChildIsRefused) {
  TypeParam dir = Make<TypeParam>();
  const Ended ended = RunForked([&dir] {
    const absl::Status status = dir.Remove();
    SayUnless(absl::IsFailedPrecondition(status), status.ToString());
    SayUnless(absl::IsFailedPrecondition(dir.Keep().status()), "Keep");
    SayUnless(!dir.removed(), "removed");
    TypeParam moved = std::move(dir);
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_TRUE(Exists(dir.path()));
  EXPECT_TRUE(dir.Remove().ok());
}
TYPED_TEST(TempDirOwnershipTest, ChildThatExitsLeavesItsParentsDirectory) {
  static std::optional<TypeParam> dir;
  dir = Make<TypeParam>();
  const Ended ended = RunForked([] {
    dir.reset();  // NOLINT(bugprone-unchecked-optional-access)
    exit(3);
  });
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.output, "");
  EXPECT_TRUE(Exists(dir->path()));
  EXPECT_TRUE(dir->Remove().ok());
}
TYPED_TEST(TempDirOwnershipTest, ChildMakesARootOfItsOwn) {
  TypeParam dir = Make<TypeParam>();
  const Ended ended = RunForked([&dir] {
    TypeParam own = Make<TypeParam>();
    SayUnless(own.path().parent_path() != dir.path().parent_path(), "root");
    SayUnless(own.Remove().ok(), "Remove");
    exit(0);
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(Entries(this->scratch()).size(), 1u);
  EXPECT_TRUE(Exists(dir.path()));
}

}  // namespace
