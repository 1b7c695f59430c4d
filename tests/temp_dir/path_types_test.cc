// SPDX-License-Identifier: Apache-2.0

// The types in which temp dirs, temp files and functions take and return paths.

#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/path.h"
#include "tempdir/remove_tree.h"
#include "tempdir/temp_dir_options.h"
#include "tempdir/temp_file.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using tempdir::TempDirOptions;
using tempdir::TempFile;

static_assert(std::is_same_v<tempdir::Path, boost::filesystem::path>);

template <class Entry>
class PathTypesTest : public TempDirFixture {};
using Entries3 = testing::Types<tempdir::DestructorTempDir,
                                tempdir::FinalizerTempDir, TempFile>;
struct EntryName {
  template <class Entry>
  static std::string GetName(int i) {
    return std::is_same_v<Entry, TempFile> ? "File"
                                           : StyleName::GetName<Entry>(i);
  }
};
TYPED_TEST_SUITE(PathTypesTest, Entries3, EntryName);

// C27.
TYPED_TEST(PathTypesTest, StdPathIsThePath) {
  TypeParam entry = Make<TypeParam>();
  const std::filesystem::path found = entry.std_path();
  EXPECT_EQ(found.native(), entry.path().native());
  EXPECT_TRUE(std::filesystem::exists(found));
}
TYPED_TEST(PathTypesTest, StdPathIsEmptyAfterAMove) {
  TypeParam from = Make<TypeParam>();
  TypeParam to = std::move(from);
  EXPECT_TRUE(from.std_path().empty());  // NOLINT(bugprone-use-after-move)
}
TYPED_TEST(PathTypesTest, IsKeptAtAStdPath) {
  TypeParam entry = Make<TypeParam>();
  const std::filesystem::path kept = this->In("kept").native();
  ASSERT_TRUE(entry.Keep(kept).ok());
  EXPECT_TRUE(std::filesystem::exists(kept));
}
TYPED_TEST(PathTypesTest, IsKeptAtAString) {
  TypeParam entry = Make<TypeParam>();
  const std::string kept = this->In("kept").native();
  ASSERT_TRUE(entry.Keep(kept).ok());
  EXPECT_TRUE(Exists(kept));
}
TYPED_TEST(PathTypesTest, KeepReturnsWhatAStdPathIsMadeFrom) {
  TypeParam entry = Make<TypeParam>();
  absl::StatusOr<tempdir::Path> kept = entry.Keep(this->In("kept"));
  ASSERT_TRUE(kept.ok());
  EXPECT_TRUE(std::filesystem::exists(kept->native()));
}

// Calls `check` with one path in each type.
template <class Check>
void ForEachType(const boost::filesystem::path& path, Check check) {
  check(path);
  check(std::filesystem::path(path.native()));
  check(path.native());
  check(std::string_view(path.native()));
  check(path.c_str());
}

class PathParameterTest : public TempDirFixture {};

TEST_F(PathParameterTest, ParentHasAnyType) {
  const boost::filesystem::path parent = Parent();
  ForEachType(parent, [&](const auto& in) {
    EXPECT_EQ(TempDirOptions().set_parent(in).parent(), parent.native());
  });
}

TEST_F(PathParameterTest, RemoveTreeTakesAnyType) {
  const boost::filesystem::path tree = In("tree");
  ForEachType(tree, [&](const auto& root) {
    MakeDirectory(tree);
    EXPECT_TRUE(tempdir::RemoveTree(root).ok());
    EXPECT_FALSE(Exists(tree));
  });
}

TEST_F(PathParameterTest, PathInsideTakesAnyType) {
  ForEachType(In("tree"), [&](const auto& root) {
    auto inside = tempdir::PathInside(root, std::filesystem::path("a/b"));
    ASSERT_TRUE(inside.ok());
    EXPECT_EQ(*inside, In("tree") / "a" / "b");
  });
}

TEST_F(PathParameterTest, WriteFileAtomicallyTakesAnyType) {
  const boost::filesystem::path file = In("file");
  ForEachType(file, [&](const auto& path) {
    EXPECT_TRUE(tempdir::WriteFileAtomically(path, "new").ok());
    EXPECT_TRUE(std::filesystem::remove(file.native()));
  });
}

}  // namespace
