// SPDX-License-Identifier: Apache-2.0

// Another user puts a directory of the user's own in the place of a new temp
// dir, or of its root, between mkdir and the first look at it (C27). It must
// not be taken for the new one: it is left, whole.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::TempDirOptions;

// Is told of each directory that the library makes, before the library looks.
std::function<void(int parent, const char* name)> made;

template <class Dir>
class SwappedCreationTest : public TempDirFixture {
 protected:
  void SetUp() override {
    ASSERT_EQ(chmod(scratch().c_str(), 0777), 0);
    MakeDirectory(data());
    ASSERT_EQ(chmod(data().c_str(), 0755), 0);
    MakeFile(data() / "precious");
  }
  ~SwappedCreationTest() override { made = nullptr; }

  path data() const { return In("data"); }

  // Puts data() in the place of what is made first, if that starts with
  // `prefix`. From then on it has the path swapped_.
  void SwapFirst(const std::string& prefix) {
    made = [this, prefix](int parent, const char* name) {
      if (!swapped_.empty() || strncmp(name, prefix.c_str(), prefix.size())) {
        return;
      }
      ASSERT_EQ(renameat(AT_FDCWD, data().c_str(), parent, name), 0);
      swapped_ = In(name);
    };
  }
  void ExpectLeft() {
    ASSERT_FALSE(swapped_.empty());
    EXPECT_TRUE(Exists(swapped_ / "precious"));
    EXPECT_EQ(Mode(swapped_), 0755u);
    EXPECT_EQ(Entries(scratch()).size(), 1u);
  }

  path swapped_;
};
TYPED_TEST_SUITE(SwappedCreationTest, Styles, StyleName);

TYPED_TEST(SwappedCreationTest, RootIsMadeUnderAnotherName) {
  this->SwapFirst("finalize-");
  TypeParam dir = Make<TypeParam>();
  EXPECT_NE(dir.path().parent_path(), this->swapped_);
  EXPECT_TRUE(dir.Remove().ok());
  this->ExpectLeft();
}

TYPED_TEST(SwappedCreationTest, DirectOneIsMadeUnderAnotherName) {
  this->SwapFirst("finalize-");
  TypeParam dir = Make<TypeParam>(TempDirOptions().set_direct());
  EXPECT_NE(dir.path(), this->swapped_);
  EXPECT_TRUE(dir.Remove().ok());
  this->ExpectLeft();
}

// Under a umask that forbids the owner to look into what it made, too.
TYPED_TEST(SwappedCreationTest, UnreadableOneGetsItsModeBack) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp", "mode=0777");
    setenv("TMPDIR", "/tmp", 1);
    BecomeNobody();
    MakeDirectory("/tmp/data");
    MakeFile("/tmp/data/precious");
    if (chmod("/tmp/data", 0) != 0) abort();
    umask(0777);
    std::string swapped;
    made = [&](int parent, const char* name) {
      if (!swapped.empty()) return;
      if (renameat(AT_FDCWD, "/tmp/data", parent, name) != 0) abort();
      swapped = std::string("/tmp/") + name;
    };
    TypeParam dir = Make<TypeParam>();
    SayUnless(dir.path().parent_path() != swapped, "adopted");
    SayUnless(Mode(swapped) == 0, "another mode");
    SayUnless(dir.Remove().ok(), "not removed");
    if (chmod(swapped.c_str(), 0700) != 0) abort();
    SayUnless(Exists(path(swapped) / "precious"), "not whole");
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.exit_code, 0);
}

}  // namespace

// In the place of the C library's.
extern "C" int mkdirat(int fd, const char* path, mode_t mode) noexcept {
  const long result = syscall(SYS_mkdirat, fd, path, mode);
  if (result == 0 && made != nullptr) made(fd, path);
  return static_cast<int>(result);
}
