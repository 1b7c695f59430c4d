// SPDX-License-Identifier: Apache-2.0

// Temp dirs on a system that refuses every call by which a mount point is told:
// they are removed only if the environment accepts that devices are compared
// (FINALIZE_COMPARE_DEVICES; contract C27, C29).

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "finalize/exit_hooks.h"
#include "gtest/gtest.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/reap.h"
#include "tempdir/remove_tree.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/forked.h"
#include "tests/support/private_mounts.h"
#include "tests/support/refused_calls.h"
#include "tests/support/removal_fixture.h"

namespace {

using finalize_test::HideProc;
using finalize_test::kOpenat2Call;
using finalize_test::MountPrivateMemory;
using finalize_test::RefuseCalls;
using tempdir::RemoveTree;

// The calls that tell a mount point. /proc is the fourth way.
std::vector<int> TellingCalls() {
  return {kOpenat2Call, SYS_statx, SYS_name_to_handle_at};
}

class ComparedTempDirTest : public finalize_test::RemovalTest {
 protected:
  // Runs `body` where nothing tells, and /mnt is a file system of its own.
  std::string IfNothingTells(const std::function<std::string()>& body,
                             const char* accepted = "1") {
    return InChild([&] {
      std::string failed = MountPrivateMemory("/mnt", "mode=1777");
      if (failed.empty()) failed = HideProc();
      if (failed.empty()) failed = RefuseCalls(TellingCalls(), ENOSYS);
      setenv("FINALIZE_COMPARE_DEVICES", accepted, 1);
      setenv("FINALIZE_REAP", "0", 1);
      return failed.empty() ? body() : failed;
    });
  }
  static tempdir::DestructorTempDir Make() {
    auto dir = tempdir::DestructorTempDir::Create(
        tempdir::TempDirOptions().set_parent("/mnt"));
    if (!dir.ok()) abort();
    const std::string path = dir->path().native();
    mkdir((path + "/x").c_str(), 0700);
    mkdir((path + "/x/y").c_str(), 0700);
    return *std::move(dir);
  }
  // A process that ends by `signal` with a temp dir.
  static void Die(int signal) {
    const pid_t child = finalize_test::Forked(fork());
    if (child == 0) {
      finalize::ExitHooks hooks;
      hooks.crash = true;
      hooks.crash_limit = absl::Minutes(1);
      if (!finalize::InstallExitHooks(hooks).ok()) abort();
      auto dir = Make();
      raise(signal);
    }
    int status = 0;
    waitpid(child, &status, 0);
  }
  static std::string State() {
    int count = -2;
    DIR* const directory = opendir("/mnt");
    while (readdir(directory) != nullptr) ++count;
    closedir(directory);
    return count > 0 ? "left" : "removed";
  }
};

TEST_F(ComparedTempDirTest, IsRemovedByRemove) {
  const auto body = [] {
    auto dir = Make();
    const std::string said(dir.Remove().ok() ? "OK, " : "refused, ");
    return said + State();
  };
  EXPECT_EQ(IfNothingTells(body), "OK, removed");
  EXPECT_EQ(IfNothingTells(body, "0"), "refused, left");
}

TEST_F(ComparedTempDirTest, IsRemovedByTheReaper) {
  const auto body = [] {
    Die(SIGKILL);
    tempdir::Reap("/mnt").IgnoreError();
    return State();
  };
  EXPECT_EQ(IfNothingTells(body), "removed");
  EXPECT_EQ(IfNothingTells(body, "0"), "left");
}

TEST_F(ComparedTempDirTest, IsRemovedInACrash) {
  const auto body = [] {
    Die(SIGSEGV);
    return State();
  };
  EXPECT_EQ(IfNothingTells(body), "removed");
  EXPECT_EQ(IfNothingTells(body, "0"), "left");
}

TEST_F(ComparedTempDirTest, OtherDeviceStays) {
  EXPECT_EQ(IfNothingTells([] {
              auto dir = Make();
              const std::string inside = dir.path().native() + "/x/y";
              if (mount("none", inside.c_str(), "tmpfs", 0, nullptr) != 0 ||
                  mkdir((inside + "/precious").c_str(), 0700) != 0) {
                return std::string("no mount");
              }
              std::string said(dir.Remove().ok() ? "removed " : "refused ");
              if (access((inside + "/precious").c_str(), F_OK) == 0) {
                said += "there ";
              }
              umount2(inside.c_str(), MNT_DETACH);
              return said + (dir.Remove().ok() ? "removed" : "refused");
            }),
            "refused there removed");
}

// C29: a plain removal is not meant.
TEST_F(ComparedTempDirTest, IsNotForRemoveTree) {
  EXPECT_EQ(IfNothingTells([] {
              mkdir("/mnt/tree", 0700);
              mkdir("/mnt/tree/x", 0700);
              return std::string(RemoveTree("/mnt/tree").ok() ? "removed"
                                                              : "refused");
            }),
            "refused");
}

}  // namespace
