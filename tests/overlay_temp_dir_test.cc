// C27: temp dirs where directories have no file handles: on overlayfs, the
// usual file system of containers.

#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/temp_dir_options.h"
#include "tests/temp_dir_styles.h"

namespace {

using namespace temp_dir_fixture;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::TempDirOptions;

constexpr char kMerged[] = "/tmp/merged";

// Runs `body` where $TMPDIR is on an overlay.
std::string OnOverlay(const std::function<void()>& body) {
  const Ended ended = RunChild([&] {
    MountMemory("/tmp");
    for (const char* name :
         {"/tmp/lower", "/tmp/upper", "/tmp/work", kMerged}) {
      MakeDirectory(name);
    }
    if (mount("overlay", kMerged, "overlay", 0,
              "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work") !=
        0) {
      perror("overlay");
      abort();
    }
    setenv("TMPDIR", kMerged, 1);
    body();
  });
  return ended.exit_code == 0 ? ended.output
                              : ended.output + " (did not end well)";
}

// For one that a test has replaced: the end of its object cannot remove it.
TempDirOptions Quietly() {
  return TempDirOptions().OnFailure([](const path&, const absl::Status&) {});
}

template <class Dir>
class OverlayTempDirTest : public testing::Test {};
TYPED_TEST_SUITE(OverlayTempDirTest, Styles, StyleName);

// C27: one descriptor for all of them.
TYPED_TEST(OverlayTempDirTest, NoneHoldsADescriptor) {
  EXPECT_EQ(OnOverlay([] {
              const rlimit limit = {64, 64};
              Say(setrlimit(RLIMIT_NOFILE, &limit) == 0, "no limit");
              std::vector<TypeParam> dirs;
              for (int i = 0; i < 500; ++i) {
                dirs.push_back(Make<TypeParam>());
                MakeFile(dirs.back().path() / "file");
              }
              for (TypeParam& dir : dirs) Say(dir.Remove().ok(), "left");
              Say(Entries(kMerged).empty(), "something is left");
            }),
            "");
}

// C27: another directory at its path is not removed, whatever inode it got.
TYPED_TEST(OverlayTempDirTest, ReplacedOneIsLeft) {
  EXPECT_EQ(OnOverlay([] {
              for (int i = 0; i < 50; ++i) {
                TypeParam dir = Make<TypeParam>(Quietly());
                Say(rmdir(dir.path().c_str()) == 0, "not empty");
                MakeDirectory(dir.path());
                MakeFile(dir.path() / "file");
                const absl::Status status = dir.Remove();
                Say(absl::IsFailedPrecondition(status), status.ToString());
                Say(Exists(dir.path() / "file"), "emptied");
              }
            }),
            "");
}

// C27: not by a copy of it with all its attributes, either.
TYPED_TEST(OverlayTempDirTest, CopyInItsPlaceIsLeft) {
  EXPECT_EQ(OnOverlay([] {
              TypeParam dir = Make<TypeParam>(Quietly());
              MakeFile(dir.path() / "file");
              const path away = dir.path().parent_path() / "away";
              Say(rename(dir.path().c_str(), away.c_str()) == 0, "rename");
              RunChild([&] {
                execlp("cp", "cp", "-a", away.c_str(), dir.path().c_str(),
                       nullptr);
              });
              Say(Exists(dir.path() / "file"), "no copy");
              Say(absl::IsFailedPrecondition(dir.Remove()), "removed");
              Say(Exists(dir.path() / "file"), "emptied");
            }),
            "");
}

// C28: what is kept has nothing of the library.
TYPED_TEST(OverlayTempDirTest, KeepTakesTheTokenAway) {
  EXPECT_EQ(OnOverlay([] {
              TypeParam dir = Make<TypeParam>();
              char names[256];
              Say(listxattr(dir.path().c_str(), names, sizeof names) > 0,
                  "no token");
              const auto kept = dir.Keep();
              Say(kept.ok(), kept.status().ToString());
              Say(listxattr(kept->c_str(), names, sizeof names) == 0, "left");
            }),
            "");
}

// C27: its path leads to the root that is held, however often it is made anew.
TYPED_TEST(OverlayTempDirTest, RootsThatComeAndGoAreTheirOwn) {
  EXPECT_EQ(OnOverlay([] {
              for (int i = 0; i < 500; ++i) {
                TypeParam dir = Make<TypeParam>();
                MakeFile(dir.path() / "file");
                Say(Exists(dir.path() / "file"), "elsewhere");
                Say(dir.Remove().ok(), "left");
                Say(Entries(kMerged).empty(), "something is left");
              }
            }),
            "");
}

}  // namespace
