// SPDX-License-Identifier: Apache-2.0

// MakePrivateDirectory: names that are taken, and names that run out.

#include "tempdir/internal/root/private_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using tempdir_internal::DirectoryPlan;
using tempdir_internal::kMaxNames;
using tempdir_internal::MakePrivateDirectory;

// Letters that an attacker guesses: 0, 1, 2, ...
int next_guess = 0;
bool Guessable(std::string* name, size_t) {
  *name += std::to_string(next_guess++);
  return true;
}
bool Stuck(std::string* name, size_t) {
  *name += "same";
  return true;
}

class PrivateDirectoryTest : public TempDirFixture {
 protected:
  PrivateDirectoryTest() {
    fd_ = open(scratch().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  ~PrivateDirectoryTest() override { close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

// C27, edge 1: what stands there is never adopted.
TEST_F(PrivateDirectoryTest, TakenNamesAreSteppedOver) {
  next_guess = 0;
  for (int i = 0; i < 200; ++i) {
    const auto taken = scratch() / ("tmp-" + std::to_string(i));
    if (i % 3 == 0) {
      MakeDirectory(taken);
    } else if (i % 3 == 1) {
      ASSERT_EQ(symlink("/", taken.c_str()), 0);
    } else {
      MakeFile(taken);
    }
  }
  auto made =
      MakePrivateDirectory(fd(), {"tmp-", "", 10, 0700, "here", &Guessable});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->name, "tmp-200");
  EXPECT_EQ(Mode(scratch() / "tmp-200"), 0700u);
  EXPECT_EQ(Mode(scratch() / "tmp-0"), 0755u);
}

TEST_F(PrivateDirectoryTest, TriesAreBounded) {
  MakeDirectory(scratch() / "tmp-same");
  auto made =
      MakePrivateDirectory(fd(), {"tmp-", "", 10, 0700, "/here", &Stuck});
  EXPECT_TRUE(absl::IsAlreadyExists(made.status())) << made.status();
  EXPECT_NE(made.status().ToString().find("/here"), std::string::npos);
  EXPECT_EQ(Entries(scratch()).size(), 1u);
}

// A child's names are not its parent's.
TEST_F(PrivateDirectoryTest, ChildDrawsOtherLetters) {
  std::string before;
  ASSERT_TRUE(tempdir_internal::AppendRandomLetters(&before, 5));
  const Ended ended = RunForked([] {
    std::string letters;
    tempdir_internal::AppendRandomLetters(&letters, 20);
    printf("%s", letters.c_str());
  });
  std::string letters;
  ASSERT_TRUE(tempdir_internal::AppendRandomLetters(&letters, 20));
  EXPECT_EQ(ended.output.size(), 20u);
  EXPECT_NE(ended.output, letters);
}

}  // namespace
