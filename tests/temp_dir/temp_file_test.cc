// SPDX-License-Identifier: Apache-2.0

// PathInside and WriteFileAtomically.

#include "tempdir/temp_file.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using tempdir::PathInside;
using tempdir::WriteFileAtomically;

class TempFileTest : public TempDirFixture {};

std::string Read(const boost::filesystem::path& path) {
  std::ifstream file(path.native());
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(TempFileTest, PathInsideJoins) {
  EXPECT_EQ(*PathInside("/tmp/x", "a/b.o"), "/tmp/x/a/b.o");
  EXPECT_EQ(*PathInside(std::filesystem::path("/tmp/x"), "..a"), "/tmp/x/..a");
}
TEST_F(TempFileTest, PathInsideDropsDots) {
  EXPECT_EQ(*PathInside("/tmp/x", "./a/./b//c/."), "/tmp/x/a/b/c");
  EXPECT_EQ(*PathInside("/tmp/x", "./"), "/tmp/x");
  EXPECT_EQ(*PathInside("/tmp/x", "."), "/tmp/x");
}
TEST_F(TempFileTest, PathInsideNeverLeadsOut) {
  for (const char* name :
       {"", "/", "/etc", "..", "a/../b", "a/..", "./..", "../x"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(PathInside("/tmp/x", name).status()))
        << name;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(
      PathInside("/tmp/x", std::string("a\0b", 3)).status()));
}
TEST_F(TempFileTest, WriteMakesAndReplaces) {
  const auto path = In("file");
  ASSERT_TRUE(WriteFileAtomically(path, "old").ok());
  EXPECT_EQ(Mode(path), 0600u);
  ASSERT_TRUE(WriteFileAtomically(path, std::string(1 << 20, 'n')).ok());
  EXPECT_EQ(Read(path), std::string(1 << 20, 'n'));
  EXPECT_EQ(Entries(scratch()).size(), 1u);
}
TEST_F(TempFileTest, WriteToNameWithoutDirectory) {
  const Ended ended = RunForked([this] {
    SayUnless(chdir(scratch().c_str()) == 0, "chdir");
    SayUnless(WriteFileAtomically("bare", "x").ok(), "bare name");
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(Read(In("bare")), "x");
}
TEST_F(TempFileTest, FailedWriteLeavesTheOldFileAlone) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp", "size=64k");
    SayUnless(WriteFileAtomically("/tmp/file", "old").ok(), "first");
    const absl::Status status =
        WriteFileAtomically("/tmp/file", std::string(1 << 20, 'n'));
    SayUnless(absl::IsResourceExhausted(status), status.ToString());
    SayUnless(status.ToString().find("/tmp/file") != std::string::npos, "path");
    SayUnless(Read("/tmp/file") == "old", "old file");
    SayUnless(Entries("/tmp").size() == 1, "something is left");
  });
  EXPECT_EQ(ended.output, "");
}
TEST_F(TempFileTest, MissingDirectoryIsNotFound) {
  const absl::Status status = WriteFileAtomically(In("no") / "file", "x");
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
}
TEST_F(TempFileTest, DirectoryIsNotReplaced) {
  MakeDirectory(In("dir"));
  EXPECT_FALSE(WriteFileAtomically(In("dir"), "x").ok());
  EXPECT_EQ(Entries(scratch()).size(), 1u);
}

}  // namespace
