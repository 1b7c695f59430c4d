// SPDX-License-Identifier: Apache-2.0

// RemoveTree on trees with something mounted in them, on systems that refuse
// some of the calls, or all, by which a mount point is told. What is mounted is
// where rmdir does not answer that it is busy. Each removal runs in a child
// with mounts of its own, as an ordinary user, under a real filter.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/remove_tree.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/private_mounts.h"
#include "tests/support/refused_calls.h"
#include "tests/support/removal_fixture.h"

namespace {

using finalize_test::Become;
using finalize_test::EnterPrivateMounts;
using finalize_test::HideProc;
using finalize_test::kNobody;
using finalize_test::kOpenat2Call;
using finalize_test::MountPrivateMemory;
using finalize_test::RefuseCalls;
using tempdir::RemoveTree;
using tempdir::RemoveTreeError;
using tempdir::RemoveTreeOptions;
using tempdir::RemoveTreeStats;

// One set of refused ways to tell a mount point, of the four that there are.
struct Refusals {
  std::vector<int> calls;
  bool no_proc = false;
  int error = ENOSYS;

  bool all() const { return calls.size() == 3 && no_proc; }
  std::string ToString() const {
    std::string text = error == ENOSYS ? "ENOSYS" : "EPERM";
    for (const int call : calls) text += " " + std::to_string(call);
    return text + (no_proc ? " /proc" : "");
  }
};

std::vector<Refusals> EachSubset() {
  std::vector<Refusals> subsets;
  for (const int error : {ENOSYS, EPERM}) {
    for (int bits = 0; bits < 16; ++bits) {
      Refusals refusals;
      refusals.error = error;
      if (bits & 1) refusals.calls.push_back(kOpenat2Call);
      if (bits & 2) refusals.calls.push_back(SYS_statx);
      if (bits & 4) refusals.calls.push_back(SYS_name_to_handle_at);
      refusals.no_proc = (bits & 8) != 0;
      subsets.push_back(refusals);
    }
  }
  return subsets;
}

Refusals AllRefused() { return EachSubset()[15]; }

std::string Bind(const char* what, const char* where) {
  if (mount(what, where, nullptr, MS_BIND, nullptr) == 0) return "";
  return std::string("no bind mount at ") + where + ": " + strerror(errno);
}

std::string Why(const RemoveTreeStats& stats) {
  std::string why;
  for (const RemoveTreeError& error : stats.errors) {
    why += std::string(error.status.message()) + "\n";
  }
  return why;
}

std::string MountPointAt(const std::string& path) {
  return "cannot remove \"" + path + "\": it is a mount point\n";
}

class RemoveTreeBorderTest : public finalize_test::RemovalTest {
 protected:
  void SetUp() override {
    MakeDirectory("outside");
    MakeFile("outside/precious", "content");
    MakeDirectory("outside/sub");
    MakeFile("outside/sub/precious");
    MakeDirectory("tree");
    MakeDirectory("tree/x");
    MakeDirectory("tree/x/mounted");
  }
  void ExpectOutsideUntouched() {
    EXPECT_EQ(Content("outside/precious"), "content");
    EXPECT_TRUE(Exists("outside/sub/precious"));
    EXPECT_EQ(Mode("outside"), 0755u);
  }
  // Runs `body` as nobody in a child in which `refusals` hold and
  // tree/x/mounted is a mount of outside.
  std::string Refused(const Refusals& refusals,
                      const std::function<std::string()>& body) {
    return InChild([&] {
      std::string said = EnterPrivateMounts();
      if (said.empty()) said = Bind("outside", "tree/x/mounted");
      if (said.empty() && refusals.no_proc) said = HideProc();
      if (!said.empty()) return said;
      return Become(kNobody, [&] {
        const std::string failed = RefuseCalls(refusals.calls, refusals.error);
        return failed.empty() ? body() : failed;
      });
    });
  }
  // Everything is nobody's, so that the removal could do harm.
  void GiveAway() {
    EXPECT_EQ(AsNobody([] { return std::string(); }), "");
  }
  void Own(const char* name, uid_t user, mode_t mode) {
    ASSERT_EQ(fchownat(fd(), name, user, user, 0), 0);
    ASSERT_EQ(fchmodat(fd(), name, mode, 0), 0);
  }
  // What the removal of "tree" reports under each subset: `expected`, or that
  // the system does not tell.
  void ExpectMountPointStays(const std::string& argument,
                             const RemoveTreeOptions& options,
                             const std::string& expected) {
    for (const Refusals& refusals : EachSubset()) {
      EXPECT_EQ(Refused(refusals,
                        [&] {
                          RemoveTreeStats stats;
                          const absl::Status status =
                              RemoveTree(argument, options, &stats);
                          const bool right = absl::IsFailedPrecondition(status);
                          return right ? Why(stats) : status.ToString();
                        }),
                refusals.all() ? DoesNotTell(argument) : expected)
          << refusals.ToString();
      ExpectOutsideUntouched();
      ASSERT_TRUE(Exists("tree/x/mounted"));
    }
  }
  static std::string DoesNotTell(const std::string& path) {
    return "cannot remove \"" + path +
           "\": this system does not tell what is mounted in it (openat2, "
           "statx, /proc/self/fdinfo and name_to_handle_at give no answer); "
           "compare_devices would accept what is on the same device\n";
  }
};

// C29, C37: rmdir fails for want of permission before it is found busy.
TEST_F(RemoveTreeBorderTest, MountInDirectoryOfAnotherUserStays) {
  GiveAway();
  Own("tree/x", 0, 0755);
  ExpectMountPointStays("tree", {}, MountPointAt("tree/x/mounted"));
}

TEST_F(RemoveTreeBorderTest, MountInStickyDirectoryStays) {
  GiveAway();
  Own("tree/x", 0, 01777);
  Own("tree/x/mounted", 0, 0755);
  ExpectMountPointStays("tree", {}, MountPointAt("tree/x/mounted"));
}

TEST_F(RemoveTreeBorderTest, MountInDirectoryThatMayNotBeMadeWritableStays) {
  GiveAway();
  Own("tree/x", kNobody, 0500);
  RemoveTreeOptions options;
  options.make_writable = false;
  ExpectMountPointStays("tree", options, MountPointAt("tree/x/mounted"));
}

// C29, C37: the argument itself.
TEST_F(RemoveTreeBorderTest, MountAsArgumentStays) {
  GiveAway();
  Own("tree/x", 0, 0755);
  ExpectMountPointStays("tree/x/mounted", {}, MountPointAt("tree/x/mounted"));
}

// C29, C37: the dry run sees what the removal would not enter.
TEST_F(RemoveTreeBorderTest, DryRunDoesNotEnterMounts) {
  GiveAway();
  RemoveTreeOptions options;
  options.dry_run = true;
  ExpectMountPointStays("tree", options, MountPointAt("tree/x/mounted"));
}

// C29, C37: rmdir finds the whole tree read-only.
TEST_F(RemoveTreeBorderTest, MountInReadOnlyMountStays) {
  GiveAway();
  MakeDirectory("read-only");
  for (const Refusals& refusals : EachSubset()) {
    const std::string why = InChild([&] {
      std::string said = EnterPrivateMounts();
      if (said.empty()) said = Bind("tree", "read-only");
      if (said.empty() &&
          mount(nullptr, "read-only", nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY,
                nullptr) != 0) {
        said = "not read-only";
      }
      if (said.empty()) said = Bind("outside", "read-only/x/mounted");
      if (said.empty() && refusals.no_proc) said = HideProc();
      if (said.empty()) said = RefuseCalls(refusals.calls, refusals.error);
      if (!said.empty()) return said;
      RemoveTreeStats stats;
      RemoveTree("read-only/x", {}, &stats).IgnoreError();
      return Why(stats);
    });
    EXPECT_EQ(why, refusals.all() ? DoesNotTell("read-only/x")
                                  : MountPointAt("read-only/x/mounted"))
        << refusals.ToString();
    ExpectOutsideUntouched();
  }
}

// C29: nothing is removed where nothing tells, but what is empty.
TEST_F(RemoveTreeBorderTest, NothingIsRemovedIfNothingTells) {
  MakeFile("tree/file");
  MakeDirectory("empty");
  MakeFile("single");
  GiveAway();
  EXPECT_EQ(Refused(AllRefused(),
                    [&] {
                      RemoveTreeStats stats;
                      RemoveTree("tree", {}, &stats).IgnoreError();
                      return Why(stats) + RemoveTree("empty").ToString() +
                             RemoveTree("single").ToString();
                    }),
            DoesNotTell("tree") + "OKOK");
  EXPECT_TRUE(Exists("tree/file"));
  EXPECT_FALSE(Exists("empty"));
  EXPECT_FALSE(Exists("single"));
}

// C29: what compare_devices promises.
TEST_F(RemoveTreeBorderTest, DevicesAreComparedIfTheCallerAccepts) {
  MakeFile("tree/file");
  MakeDirectory("tree/device");
  GiveAway();
  EXPECT_EQ(InChild([&] {
              std::string said = MountPrivateMemory("tree/device", "mode=0777");
              if (said.empty() && mkdir("tree/device/precious", 0700) != 0) {
                said = "nothing in it";
              }
              if (said.empty()) said = Bind("outside", "tree/x/mounted");
              if (said.empty()) said = HideProc();
              if (said.empty()) said = RefuseCalls(AllRefused().calls, ENOSYS);
              if (!said.empty()) return said;
              RemoveTreeOptions options;
              options.compare_devices = true;
              RemoveTreeStats stats;
              RemoveTree("tree", options, &stats).IgnoreError();
              if (access("tree/device/precious", F_OK) != 0) said = "lost ";
              const bool first =
                  Why(stats).find("tree/device") < Why(stats).find("tree/x");
              if (stats.errors.size() == 2 && !first) {
                std::swap(stats.errors[0], stats.errors[1]);
              }
              return said + Why(stats);
            }),
            // Both are found by rmdir, which is tried first.
            MountPointAt("tree/device") + MountPointAt("tree/x/mounted"));
  ExpectOutsideUntouched();
  EXPECT_FALSE(Exists("tree/file"));
}

// C29: and what it says where rmdir does not tell.
TEST_F(RemoveTreeBorderTest, OtherDeviceIsNotSaidToBeMountPoint) {
  GiveAway();
  Own("tree/x", 0, 0755);
  EXPECT_EQ(
      InChild([&] {
        std::string said = MountPrivateMemory("tree/x/mounted", "mode=0777");
        if (said.empty() && mkdir("tree/x/mounted/precious", 0777) != 0) {
          said = "nothing in it";
        }
        if (said.empty()) said = HideProc();
        if (!said.empty()) return said;
        return Become(kNobody, [&] {
          const std::string failed = RefuseCalls(AllRefused().calls, ENOSYS);
          if (!failed.empty()) return failed;
          RemoveTreeOptions options;
          options.compare_devices = true;
          RemoveTreeStats stats;
          RemoveTree("tree", options, &stats).IgnoreError();
          return Why(stats);
        });
      }),
      "cannot remove \"tree/x/mounted\": it is on another device: a "
      "mount point or a subvolume, which this system does not tell "
      "apart\n");
}

// C29, C37: the root of another file system is ours, and of mode 0. It is not
// repaired either.
TEST_F(RemoveTreeBorderTest, UnreadableRootOfAnotherFileSystemStays) {
  for (const Refusals& refusals : EachSubset()) {
    GiveAway();
    const std::string said = InChild([&] {
      std::string failed =
          MountPrivateMemory("tree/x/mounted", "mode=0,uid=65534");
      if (failed.empty() && mkdir("tree/x/mounted/precious", 0700) != 0) {
        failed = "nothing in it";
      }
      if (failed.empty() && chown("tree/x/mounted/precious", kNobody, 0) != 0) {
        failed = "not given away";
      }
      const int held = open("tree/x/mounted", O_PATH | O_CLOEXEC);
      if (failed.empty() && refusals.no_proc) failed = HideProc();
      if (!failed.empty()) return failed;
      return Become(kNobody, [&] {
        failed = RefuseCalls(refusals.calls, refusals.error);
        if (!failed.empty()) return failed;
        RemoveTreeStats stats;
        RemoveTree("tree", {}, &stats).IgnoreError();
        struct stat status;
        if (fstat(held, &status) != 0 || (status.st_mode & 07777) != 0 ||
            status.st_nlink != 3) {
          return std::string("changed ") + Why(stats);
        }
        return Why(stats);
      });
    });
    EXPECT_EQ(said, refusals.all() ? DoesNotTell("tree")
                                   : MountPointAt("tree/x/mounted"))
        << refusals.ToString();
  }
}

// C27, C29: a temp dir is no exception. Its directory x is another user's.
TEST_F(RemoveTreeBorderTest, MountInTempDirStays) {
  GiveAway();
  for (const Refusals& refusals : EachSubset()) {
    const std::string said = InChild([&] {
      // The scratch directory has no path for nobody.
      std::string failed = MountPrivateMemory("/mnt", "mode=1777");
      if (failed.empty() && refusals.no_proc) failed = HideProc();
      if (failed.empty()) failed = RefuseCalls(refusals.calls, refusals.error);
      if (!failed.empty()) return failed;
      if (setegid(kNobody) != 0 || seteuid(kNobody) != 0) {
        return std::string("not nobody");
      }
      auto dir = tempdir::DestructorTempDir::Create(
          tempdir::TempDirOptions().set_parent("/mnt"));
      if (!dir.ok()) return dir.status().ToString();
      const std::string path = dir->path().native();
      if (seteuid(0) != 0 || setegid(0) != 0) return std::string("not root");
      mkdir((path + "/x").c_str(), 0755);
      mkdir((path + "/x/mounted").c_str(), 0755);
      failed = Bind("outside", (path + "/x/mounted").c_str());
      if (!failed.empty()) return failed;
      return Become(kNobody, [&] {
        const std::string message(dir->Remove().message());
        const size_t name = message.find(path);
        return name == message.npos ? message
                                    : message.substr(0, name) +
                                          message.substr(name + path.size());
      });
    });
    EXPECT_EQ(said + "\n",
              refusals.all() ? DoesNotTell("") : MountPointAt("/x/mounted"))
        << refusals.ToString();
    ExpectOutsideUntouched();
  }
}

}  // namespace
