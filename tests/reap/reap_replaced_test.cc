// SPDX-License-Identifier: Apache-2.0

// A root that somebody swaps for another directory after the reaper's last look
// at its name (C30): that one is not removed, and the report says so.

#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tests/support/dead_roots.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::ReapedRoot;
using tempdir::ReapOutcome;

using Names = std::vector<std::string>;

// Is told each name that the library looks for, before it does.
std::function<void(const std::string& name)> before_look;

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() &&
         text.compare(text.size() - end.size(), end.size(), end) == 0;
}

class ReapReplacedTest : public TempDirFixture {
 protected:
  ReapReplacedTest() : root_(MakeDeadRoot(Parent())) {}
  ~ReapReplacedTest() override { before_look = nullptr; }

  const path& root() const { return root_; }

  // One of the last things that are looked for before the rename is the mark of
  // a root.
  void SwapAtTheLastLook(const std::string& name) const {
    if (name != "user.finalize.root" || Exists(In("moved"))) return;
    ASSERT_EQ(rename(root().c_str(), In("moved").c_str()), 0);
    MakeDirectory(root());
    MakeFile(root() / "foreign");
  }

  // The one entry of the report, which refuses the root.
  ReapedRoot ReapRefused() const {
    auto report = tempdir::Reap(Parent());
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok() || report->roots.size() != 1) {
      ADD_FAILURE() << "not one entry";
      return {};
    }
    const ReapedRoot& entry = report->roots[0];
    EXPECT_EQ(entry.outcome, ReapOutcome::kRefused);
    EXPECT_TRUE(absl::IsFailedPrecondition(entry.status)) << entry.status;
    EXPECT_NE(std::string(entry.status.message())
                  .find(root().native() + " was replaced"),
              std::string::npos)
        << entry.status;
    return entry;
  }

 private:
  const path root_;
};

TEST_F(ReapReplacedTest, AnotherDirectoryIsPutBack) {
  before_look = [this](const std::string& name) { SwapAtTheLastLook(name); };
  const ReapedRoot refused = ReapRefused();
  EXPECT_EQ(refused.present_path, "");
  EXPECT_EQ(Entries(Parent()), Names{root().filename().native()});
  EXPECT_EQ(Entries(root()), Names{"foreign"});
  EXPECT_EQ(Entries(In("moved")).size(), 1u);  // what was meant, whole
}

// Something stands at the name again: the report says where the other one is.
TEST_F(ReapReplacedTest, AnotherDirectoryThatCannotBePutBackIsNamed) {
  before_look = [this](const std::string& name) {
    SwapAtTheLastLook(name);
    if (EndsWith(name, ".reap")) MakeFile(root());
  };
  const ReapedRoot refused = ReapRefused();
  EXPECT_TRUE(EndsWith(refused.present_path, ".reap")) << refused.present_path;
  EXPECT_EQ(Entries(refused.present_path), Names{"foreign"});
  EXPECT_TRUE(Exists(root()));
  EXPECT_EQ(Entries(In("moved")).size(), 1u);
}

}  // namespace

// In the place of the C library's.
extern "C" ssize_t fgetxattr(int fd, const char* name, void* value,
                             size_t size) noexcept {
  if (before_look != nullptr) before_look(name);
  return syscall(SYS_fgetxattr, fd, name, value, size);
}

extern "C" int fstatat(int fd, const char* path, struct stat* status,
                       int flags) noexcept {
  if (before_look != nullptr) before_look(path);
  return static_cast<int>(syscall(SYS_newfstatat, fd, path, status, flags));
}
