// Who owns a temp dir: moves, Keep(), keeping on failure, forks, and what
// becomes of failures. The same for both styles.

#include <stdlib.h>
#include <sys/mount.h>
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
#include "tests/temp_dir_styles.h"

namespace {

using namespace temp_dir_fixture;  // NOLINT(build/namespaces)
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

// C28, edge 10: out of the root, and nobody removes it afterwards.
TYPED_TEST(TempDirOwnershipTest, KeepMovesToTheParent) {
  const path parent = this->Parent();
  path kept;
  {
    TypeParam dir = Make<TypeParam>(TempDirOptions().Parent(parent));
    MakeFile(dir.path() / "file");
    auto result = dir.Keep();
    ASSERT_TRUE(result.ok()) << result.status();
    kept = *result;
    EXPECT_EQ(kept, parent / dir.path().filename());
    EXPECT_FALSE(Exists(dir.path()));
    EXPECT_FALSE(dir.removed());
    EXPECT_TRUE(absl::IsFailedPrecondition(dir.Remove()));
    EXPECT_EQ(*dir.Keep(), kept);
  }
  EXPECT_TRUE(Exists(kept / "file"));
  EXPECT_EQ(Entries(parent).size(), 1u);
}
TYPED_TEST(TempDirOwnershipTest, KeepFindsAnotherNameWhereItsOwnIsTaken) {
  TypeParam dir = Make<TypeParam>(TempDirOptions().Prefix("mine-"));
  const path taken = this->scratch() / dir.path().filename();
  MakeDirectory(taken);
  auto kept = dir.Keep();
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_NE(*kept, taken);
  EXPECT_EQ(kept->parent_path(), this->scratch());
  EXPECT_EQ(kept->filename().native().substr(0, 5), "mine-");
  EXPECT_TRUE(Exists(taken));
}
TYPED_TEST(TempDirOwnershipTest, KeepMarksTheRootWhereTheParentIsClosed) {
  const Ended ended = RunChild([] {
    MountMemory("/tmp");
    setenv("TMPDIR", "/tmp", 1);
    TypeParam dir = Make<TypeParam>();
    if (chown(dir.path().parent_path().c_str(), kNobody, kNobody) != 0 ||
        chown(dir.path().c_str(), kNobody, kNobody) != 0 ||
        chmod("/tmp", 0755) != 0) {
      abort();
    }
    BecomeNobody();
    auto kept = dir.Keep();
    Say(kept.ok(), kept.status().ToString());
    Say(kept.ok() && *kept == dir.path(), "stays where it is");
    Say(Exists(dir.path().parent_path() / ".keep"), "mark");
    Say(Exists(dir.path()), "there");
  });
  EXPECT_EQ(ended.output, "");
}
TYPED_TEST(TempDirOwnershipTest, KeepDoesNotTakeAStranger) {
  TypeParam dir = Make<TypeParam>();
  ASSERT_EQ(rmdir(dir.path().c_str()), 0);
  MakeDirectory(dir.path());
  EXPECT_TRUE(absl::IsFailedPrecondition(dir.Keep().status()));
  EXPECT_TRUE(Exists(dir.path()));
  ASSERT_EQ(rmdir(dir.path().c_str()), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(dir.Keep().status()));
}
TYPED_TEST(TempDirOwnershipTest, KeepAfterRemoveIsRefused) {
  TypeParam dir = Make<TypeParam>();
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(dir.Keep().status()));
}

// C28, edge 11: keep on failure, and say where.
TYPED_TEST(TempDirOwnershipTest, UnwindingKeepsWhereToldSo) {
  const Ended ended = RunChild([this] {
    path where;
    try {
      TypeParam dir = Make<TypeParam>(TempDirOptions().KeepOnFailure());
      where = this->scratch() / dir.path().filename();
      throw std::runtime_error("failure");
    } catch (const std::runtime_error&) {
    }
    printf("%s\n", Exists(where) ? where.c_str() : "gone");
  });
  const std::vector<std::string> left = Entries(this->scratch());
  ASSERT_GE(left.size(), 1u);
  const std::string kept = (this->scratch() / left.back()).native();
  EXPECT_TRUE(Contains(ended.output, "kept the temporary directory " + kept))
      << ended.output;
  EXPECT_TRUE(Contains(ended.output, "\n" + kept + "\n")) << ended.output;
}
TYPED_TEST(TempDirOwnershipTest, UnwindingRemovesOtherwise) {
  path where;
  try {
    TypeParam dir = Make<TypeParam>();
    where = dir.path();
    throw std::runtime_error("failure");
  } catch (const std::runtime_error&) {
  }
  EXPECT_FALSE(Exists(where));
}
// An object made while another exception unwinds has not failed.
TYPED_TEST(TempDirOwnershipTest, MadeDuringUnwindingIsRemoved) {
  struct Unwound {
    ~Unwound() {
      TypeParam dir = Make<TypeParam>(TempDirOptions().KeepOnFailure());
      *where = dir.path();
    }
    path* where;
  };
  path where;
  try {
    Unwound unwound{&where};
    throw std::runtime_error("failure");
  } catch (const std::runtime_error&) {
  }
  EXPECT_FALSE(Exists(where));
  for (const std::string& name : Entries(this->scratch())) {
    EXPECT_EQ(name.substr(0, 9), "finalize-");
  }
}
TYPED_TEST(TempDirOwnershipTest, MarkFailedKeeps) {
  const Ended ended = RunChild([] {
    TypeParam dir = Make<TypeParam>(
        TempDirOptions().KeepOnFailure().Prefix("post-mortem-"));
    dir.MarkFailed();
  });
  EXPECT_TRUE(Contains(ended.output, "its owner failed")) << ended.output;
  EXPECT_EQ(Entries(this->scratch()).back().substr(0, 12), "post-mortem-");
}
TYPED_TEST(TempDirOwnershipTest, RemoveRemovesEvenWhatFailed) {
  TypeParam dir = Make<TypeParam>(TempDirOptions().KeepOnFailure());
  dir.MarkFailed();
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(dir.removed());
}
TYPED_TEST(TempDirOwnershipTest, MarkFailedAloneKeepsNothing) {
  path where;
  {
    TypeParam dir = Make<TypeParam>();
    where = dir.path();
    dir.MarkFailed();
  }
  EXPECT_FALSE(Exists(where));
}

// FINALIZE_KEEP_TEMP_DIRS: every one, and once each it is said where.
TYPED_TEST(TempDirOwnershipTest, VariableKeepsEveryDirectory) {
  const Ended ended = RunChild([] {
    setenv("FINALIZE_KEEP_TEMP_DIRS", "1", 1);
    TypeParam removed = Make<TypeParam>(TempDirOptions().Prefix("removed-"));
    Say(removed.Remove().ok(), "Remove");
    Say(removed.Remove().ok(), "Remove");
    Say(!removed.removed(), "removed() lies");
    TypeParam left = Make<TypeParam>(TempDirOptions().Prefix("left-"));
  });
  const std::vector<std::string> left = Entries(this->scratch());
  ASSERT_GE(left.size(), 2u);
  std::string expected;
  for (const char* prefix : {"removed-", "left-"}) {
    for (const std::string& name : left) {
      if (name.substr(0, strlen(prefix)) != prefix) continue;
      expected += "finalize: kept the temporary directory " +
                  (this->scratch() / name).native() +
                  " (FINALIZE_KEEP_TEMP_DIRS)\n";
    }
  }
  EXPECT_EQ(ended.output, expected);
}
TYPED_TEST(TempDirOwnershipTest, VariableIsOffWhereEmptyOrZero) {
  for (const char* value : {"", "0"}) {
    setenv("FINALIZE_KEEP_TEMP_DIRS", value, 1);
    path where;
    {
      TypeParam dir = Make<TypeParam>();
      where = dir.path();
    }
    EXPECT_FALSE(Exists(where)) << value;
  }
}

// C14: nothing escapes from the destructor; the failure is reported.
TYPED_TEST(TempDirOwnershipTest, FailureInDestructorIsReported) {
  path where;
  const Ended ended = RunChild([] {
    TypeParam dir = Make<TypeParam>();
    Block(dir.path());
  });
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_TRUE(Contains(ended.output, "finalize: ")) << ended.output;
  EXPECT_TRUE(Contains(ended.output, "remove temp dir")) << ended.output;
  EXPECT_TRUE(Contains(ended.output, "/mounted")) << ended.output;
}
TYPED_TEST(TempDirOwnershipTest, FailureInDestructorGoesToTheCallback) {
  const Ended ended = RunChild([] {
    std::string told;
    path where;
    {
      TypeParam dir = Make<TypeParam>(TempDirOptions().OnFailure(
          [&told](const path& path, const absl::Status& status) {
            told += path.native() + "=" + (status.ok() ? "ok" : "failed");
          }));
      where = dir.path();
      Block(where);
    }
    Say(told == where.native() + "=failed", told);
  });
  EXPECT_EQ(ended.output, "");
}
TYPED_TEST(TempDirOwnershipTest, FailureInDestructorCanCrash) {
  const Ended ended = RunChild([] {
    TypeParam dir =
        Make<TypeParam>(TempDirOptions().OnFailure(tempdir::OnFailure::kCrash));
    Block(dir.path());
  });
  EXPECT_EQ(ended.signal, SIGABRT);
  EXPECT_TRUE(Contains(ended.output, "/mounted")) << ended.output;
}
TYPED_TEST(TempDirOwnershipTest, ThrowingFailureCallbackIsReported) {
  const Ended ended = RunChild([] {
    TypeParam dir = Make<TypeParam>(
        TempDirOptions().OnFailure([](const path&, const absl::Status&) {
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
  const Ended ended = RunChild([&dir] {
    const absl::Status status = dir.Remove();
    Say(absl::IsFailedPrecondition(status), status.ToString());
    Say(absl::IsFailedPrecondition(dir.Keep().status()), "Keep");
    Say(!dir.removed(), "removed");
    TypeParam moved = std::move(dir);
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_TRUE(Exists(dir.path()));
  EXPECT_TRUE(dir.Remove().ok());
}
TYPED_TEST(TempDirOwnershipTest, ChildThatExitsLeavesItsParentsDirectory) {
  static std::optional<TypeParam> dir;
  dir = Make<TypeParam>();
  const Ended ended = RunChild([] {
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
  const Ended ended = RunChild([&dir] {
    TypeParam own = Make<TypeParam>();
    Say(own.path().parent_path() != dir.path().parent_path(), "root");
    Say(own.Remove().ok(), "Remove");
    exit(0);
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(Entries(this->scratch()).size(), 1u);
  EXPECT_TRUE(Exists(dir.path()));
}

}  // namespace
