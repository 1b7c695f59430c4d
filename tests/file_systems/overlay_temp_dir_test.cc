// SPDX-License-Identifier: Apache-2.0

// C27: temp dirs where directories have no file handles: on overlayfs, the
// usual file system of containers.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/internal/system/birth_of.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::TempDirOptions;

constexpr char kMerged[] = "/tmp/merged";

constexpr char kOneFileSystem[] = "";
// An ext4, which uses the inode numbers of what was removed again at once.
constexpr char kDiskAbove[] =
    "truncate -s 64M /tmp/image && PATH=$PATH:/usr/sbin mkfs.ext4 -q "
    "/tmp/image && mount -o loop /tmp/image /tmp/above";
// Two file systems, so that the overlay invents inode numbers (xino is off
// unless asked for).
constexpr char kMemoryAbove[] = "mount -t tmpfs none /tmp/above";

// Runs `body` where $TMPDIR is on an overlay. `layer` mounts what the upper
// layer is on.
std::string OnOverlay(const std::function<void()>& body,
                      const char* layer = kOneFileSystem,
                      const char* lower = "/tmp/lower") {
  const Ended ended = RunForked([&] {
    MountMemory("/tmp");
    for (const char* name : {"/tmp/lower", "/tmp/above", kMerged}) {
      MakeDirectory(name);
    }
    if (*layer != '\0' && system(layer) != 0) abort();
    for (const char* name :
         {"/tmp/above/upper", "/tmp/above/work", "/tmp/above/lower"}) {
      MakeDirectory(name);
    }
    const std::string layers =
        std::string("upperdir=/tmp/above/upper,workdir=/tmp/above/work,") +
        "lowerdir=" + lower;
    if (mount("overlay", kMerged, "overlay", 0, layers.c_str()) != 0) {
      perror("overlay");
      abort();
    }
    setenv("TMPDIR", kMerged, 1);
    body();
  });
  return ended.exit_code == 0 ? ended.output
                              : ended.output + " (did not end well)";
}

// The same with the inode numbers of an ext4.
std::string OnOverlayOfDisk(const std::function<void()>& body) {
  return OnOverlay(body, kDiskAbove, "/tmp/above/lower");
}

void DropCaches() {
  sync();
  const int drop = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
  SayUnless(write(drop, "2", 1) == 1, "nothing dropped");
  close(drop);
}

ino_t InodeOf(const path& path) {
  struct stat seen;
  return stat(path.c_str(), &seen) == 0 ? seen.st_ino : 0;
}

int64_t BirthOf(const path& path) {
  tempdir_internal::Birth birth;
  return tempdir_internal::BirthOf(AT_FDCWD, path.c_str(), &birth) == 0
             ? birth.time
             : 0;
}

// For one that a test has replaced: the end of its object cannot remove it.
TempDirOptions Quietly() {
  return TempDirOptions().set_failure_callback(
      [](const path&, const absl::Status&) {});
}

template <class Dir>
class OverlayTempDirTest : public testing::Test {};
TYPED_TEST_SUITE(OverlayTempDirTest, Styles, StyleName);

// C27: one descriptor for all of them.
TYPED_TEST(OverlayTempDirTest, NoneHoldsADescriptor) {
  EXPECT_EQ(OnOverlay([] {
              const rlimit limit = {64, 64};
              SayUnless(setrlimit(RLIMIT_NOFILE, &limit) == 0, "no limit");
              std::vector<TypeParam> dirs;
              for (int i = 0; i < 500; ++i) {
                dirs.push_back(Make<TypeParam>());
                MakeFile(dirs.back().path() / "file");
              }
              for (TypeParam& dir : dirs) SayUnless(dir.Remove().ok(), "left");
              SayUnless(Entries(kMerged).empty(), "something is left");
            }),
            "");
}

// C27: another directory at its path is not removed, though it has the same
// inode number.
TYPED_TEST(OverlayTempDirTest, ReplacedOneIsLeft) {
  EXPECT_EQ(OnOverlayOfDisk([] {
              int same = 0;
              for (int i = 0; i < 50; ++i) {
                TypeParam dir = Make<TypeParam>(Quietly());
                const ino_t inode = InodeOf(dir.path());
                SayUnless(rmdir(dir.path().c_str()) == 0, "not empty");
                MakeDirectory(dir.path());
                if (InodeOf(dir.path()) == inode) ++same;
                MakeFile(dir.path() / "file");
                const absl::Status status = dir.Remove();
                SayUnless(absl::IsFailedPrecondition(status),
                          status.ToString());
                SayUnless(Exists(dir.path() / "file"), "emptied");
              }
              SayUnless(same > 0, "no inode number was used again");
            }),
            "");
}

// C27: nor if it was born in the same tick, and has another token.
TYPED_TEST(OverlayTempDirTest, ReplacedByOneOfTheSameBirthIsLeft) {
  EXPECT_EQ(OnOverlayOfDisk([] {
              const TypeParam first = Make<TypeParam>();  // the root is there
              // Nothing looks at it, so that its changes are no finer ticks.
              const path beside = path(kMerged) / "beside";
              MakeDirectory(beside);
              int same = 0;
              for (int i = 0; i < 50; ++i) {
                MakeDirectory(beside / "other");
                TypeParam dir = Make<TypeParam>(Quietly());
                if (BirthOf(dir.path()) == BirthOf(beside / "other")) ++same;
                setxattr((beside / "other").c_str(), "user.finalize.dir",
                         "abcdefghijklmnop", 16, 0);
                MakeFile(beside / "other/file");
                SayUnless(
                    rename((beside / "other").c_str(), dir.path().c_str()) == 0,
                    "not replaced");
                SayUnless(absl::IsFailedPrecondition(dir.Remove()), "removed");
                SayUnless(Exists(dir.path() / "file"), "emptied");
              }
              SayUnless(same > 0, "none was born in the same tick");
            }),
            "");
}

// C27: not by a copy of it with all its attributes, either.
TYPED_TEST(OverlayTempDirTest, CopyInItsPlaceIsLeft) {
  EXPECT_EQ(
      OnOverlayOfDisk([] {
        TypeParam dir = Make<TypeParam>(Quietly());
        MakeFile(dir.path() / "file");
        const path away = dir.path().parent_path() / "away";
        SayUnless(rename(dir.path().c_str(), away.c_str()) == 0, "rename");
        RunForked([&] {
          execlp("cp", "cp", "-a", away.c_str(), dir.path().c_str(), nullptr);
        });
        SayUnless(Exists(dir.path() / "file"), "no copy");
        SayUnless(absl::IsFailedPrecondition(dir.Remove()), "removed");
        SayUnless(Exists(dir.path() / "file"), "emptied");
      }),
      "");
}

// C27: inode numbers that the overlay invents are others once it has forgotten
// the directory.
TYPED_TEST(OverlayTempDirTest, IsKnownAfterTheKernelForgot) {
  const auto body = [] {
    for (const bool directly : {false, true}) {
      const auto options = TempDirOptions().set_direct(directly);
      TypeParam removed = Make<TypeParam>(options);
      TypeParam kept = Make<TypeParam>(options);
      MakeFile(removed.path() / "file");
      MakeFile(kept.path() / "file");
      const ino_t inode = InodeOf(removed.path());
      DropCaches();
      // For others to get the numbers.
      for (const char* name : {"one", "two", "three"}) {
        MakeDirectory(path(kMerged) / name);
        rmdir((path(kMerged) / name).c_str());
      }
      // One made directly is open, for its lock.
      SayUnless(directly || InodeOf(removed.path()) != inode, "not forgotten");
      const absl::Status status = removed.Remove();
      SayUnless(status.ok(), status.ToString());
      SayUnless(!Exists(removed.path()), "left");
      const auto where = kept.Keep();
      SayUnless(where.ok(), where.status().ToString());
      SayUnless(where.ok() && Exists(*where / "file"), "not the one");
    }
  };
  EXPECT_EQ(OnOverlay(body, kMemoryAbove), "");
}

// C28: what is kept has nothing of the library.
TYPED_TEST(OverlayTempDirTest, KeepTakesTheTokenAway) {
  EXPECT_EQ(OnOverlay([] {
              TypeParam dir = Make<TypeParam>();
              char names[256];
              SayUnless(listxattr(dir.path().c_str(), names, sizeof names) > 0,
                        "no token");
              const auto kept = dir.Keep();
              SayUnless(kept.ok(), kept.status().ToString());
              SayUnless(listxattr(kept->c_str(), names, sizeof names) == 0,
                        "left");
            }),
            "");
}

// C27: its path leads to the root that is held, however often it is made anew.
TYPED_TEST(OverlayTempDirTest, RootsThatComeAndGoAreTheirOwn) {
  EXPECT_EQ(OnOverlay([] {
              for (int i = 0; i < 500; ++i) {
                TypeParam dir = Make<TypeParam>();
                MakeFile(dir.path() / "file");
                SayUnless(Exists(dir.path() / "file"), "elsewhere");
                SayUnless(dir.Remove().ok(), "left");
                SayUnless(Entries(kMerged).empty(), "something is left");
              }
            }),
            "");
}

}  // namespace
