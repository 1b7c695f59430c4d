// SPDX-License-Identifier: Apache-2.0

// TempFile on file systems that lack something. For the superuser.

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tempdir/temp_dir_options.h"
#include "tempdir/temp_file.h"
#include "tests/support/private_mounts.h"
#include "tests/support/temp_dir_fixture.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::TempDirOptions;
using tempdir::TempFile;
using testing::HasSubstr;

// `lower` as a file system shows it that has no modes and no O_TMPFILE: each
// file is for everybody, and chmod changes nothing. Ends with its object.
class ModelessMount {
 public:
  ModelessMount(const path& lower, const path& point) : point_(point) {
    const std::string failed = EnterPrivateMounts();
    SayUnless(failed.empty(), failed);
    const std::string mount = "bindfs --chmod-ignore -p 0777 " +
                              lower.native() + " " + point.native();
    mounted_ = system(mount.c_str()) == 0;
    SayUnless(mounted_, "cannot mount");
  }
  ~ModelessMount() {
    if (mounted_) umount2(point_.c_str(), MNT_DETACH);
  }

 private:
  const path point_;
  bool mounted_ = false;
};

class TempFileMountTest : public TempDirFixture {
 protected:
  // Runs `body` in a child, with the mount at point().
  void OnModelessMount(const std::function<void()>& body) {
    const path lower = Parent("lower");
    Parent("point");
    const Ended ended = RunForked([&] {
      const ModelessMount mount(lower, point());
      body();
    });
    EXPECT_EQ(ended.output, "");
  }
  path point() const { return In("point"); }
};

// C27, C37: it works, as private as the file system can be, unless the caller
// insists; then nothing is left.
TEST_F(TempFileMountTest, ModeThatIsIgnoredFailsOnlyIfAskedFor) {
  OnModelessMount([this] {
    // In the parent itself: no root shows other modes as well.
    setenv("FINALIZE_KEEP_TEMP_DIRS", "1", 1);
    const auto options = TempDirOptions().set_parent(point());
    const auto insists =
        TempFile::Create(TempDirOptions(options).set_mode(0600));
    SayUnless(absl::IsFailedPrecondition(insists.status()),
              insists.status().ToString());
    SayUnless(Entries(point()).empty(), "something is left");
    auto file = TempFile::Create(options);
    SayUnless(file.ok(), file.status().ToString());
    if (file.ok()) SayUnless(file->Keep().ok(), "keep");
  });
}

// C27
TEST_F(TempFileMountTest, SaysWhatIsNotGuaranteed) {
  OnModelessMount([this] {
    const auto file = Make<TempFile>(TempDirOptions().set_parent(point()));
    SayUnless(!file.guarantees().mode, "the mode is said to be right");
    SayUnless(!file.guarantees().lock, "the lock is said to be seen");
  });
  EXPECT_TRUE(Make<TempFile>().guarantees().all());
}

// The file system has no O_TMPFILE.
TEST_F(TempFileMountTest, AnonymousFileFallsBackToAnUnlinkedOne) {
  OnModelessMount([this] {
    SayUnless(open(point().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) < 0,
              "it has O_TMPFILE by now");
    auto file = TempFile::Anonymous(TempDirOptions().set_parent(point()));
    SayUnless(file.ok(), file.status().ToString());
    if (!file.ok()) return;
    SayUnless(file->Write("content").ok(), "write");
    SayUnless(file->path() == "", "path");
    const auto kept = file->Keep(point() / "kept");
    SayUnless(absl::IsFailedPrecondition(kept.status()),
              kept.status().ToString());
    SayUnless(!Exists(point() / "kept"), "kept");
    // The root is there for the file, with its mark that a lock is not seen. A
    // file system of this kind gives an open file that is removed another
    // name, which is hidden, until it is closed.
    for (const std::string& root : Entries(point())) {
      for (const std::string& name : Entries(point() / root)) {
        SayUnless(name == ".keep" || name.substr(0, 5) == ".fuse",
                  name + " is left");
      }
    }
  });
}

// C28: it says why, and can be tried again.
TEST_F(TempFileMountTest, RemoveThatFailsCanBeTriedAgain) {
  TempFile file = Make<TempFile>();
  const std::string set = "chattr +i " + file.path().native();
  const std::string clear = "chattr -i " + file.path().native();
  ASSERT_EQ(system(set.c_str()), 0);
  const absl::Status status = file.Remove();
  ASSERT_EQ(system(clear.c_str()), 0);
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(file.path().native()));
  EXPECT_FALSE(file.removed());
  EXPECT_TRUE(file.Remove().ok());
}

}  // namespace
