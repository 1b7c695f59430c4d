// SPDX-License-Identifier: Apache-2.0

// kill -9 at every system call (C27, C28, C30): a process is stopped at the
// entry and at the exit of each one that it makes while it creates, uses,
// keeps, removes and reaps, and killed there. After the next reaper nothing of
// it is left, and what it has nothing to do with is as before.

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tests/reap/kill_points.h"
#include "tests/support/dead_roots.h"
#include "tests/support/stepped_process.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::TempDirOptions;

void ExpectClean(const char* name, const std::function<void()>& body) {
  KillPlan plan;
  plan.name = name;
  plan.body = body;
  EXPECT_GT(KillEverywhere(plan), 30);
}

// C28: what `body` keeps, with a file in it, before it makes /tmp/done, is kept
// whole, or not yet kept and reaped.
void ExpectKeptOrReaped(const char* name, const std::function<void()>& body) {
  KillPlan plan;
  plan.name = name;
  plan.body = [&body] {
    body();
    close(open("/tmp/done", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  };
  plan.check = [](bool) {
    ReapWell();
    bool kept = false;
    for (const std::string& entry : Entries(kParent)) {
      if (entry.compare(0, 4, "tmp-") != 0) continue;
      kept = true;
      const path file = path(kParent) / entry / "file";
      SayUnless(Exists(file), "kept without its content");
      unlink(file.c_str());
      rmdir(file.parent_path().c_str());
    }
    SayUnless(kept || unlink("/tmp/done") != 0, "was reaped after Keep()");
    unlink("/tmp/done");
  };
  EXPECT_GT(KillEverywhere(plan), 30);
}

template <class Dir>
class ReapKillTest : public testing::Test {
 protected:
  static Dir MakeOne() {
    return Make<Dir>(TempDirOptions().set_parent(kParent));
  }
};
TYPED_TEST_SUITE(ReapKillTest, Styles, StyleName);

TYPED_TEST(ReapKillTest, CreateUseAndRemove) {
  const auto body = [] {
    TypeParam dir = TestFixture::MakeOne();
    MakeFile(dir.path() / "file");
    MakeDirectory(dir.path() / "directory");
    MakeFile(dir.path() / "directory" / "file");
    if (!dir.Remove().ok()) _exit(1);
  };
  ExpectClean("create, use, remove", body);
}

TYPED_TEST(ReapKillTest, CreateAndRemoveDirectly) {
  const auto body = [] {
    TypeParam dir =
        Make<TypeParam>(TempDirOptions().set_parent(kParent).set_direct());
    MakeFile(dir.path() / "file");
    if (!dir.Remove().ok()) _exit(1);
  };
  ExpectClean("directly", body);
}

TYPED_TEST(ReapKillTest, TwoOfTmpdirAndExit) {
  const auto body = [] {
    setenv("TMPDIR", kParent, 1);
    TypeParam first = Make<TypeParam>();
    TypeParam second = Make<TypeParam>();
    MakeFile(second.path() / "file");
    if (!first.Remove().ok() || !second.Remove().ok()) _exit(1);
    exit(0);
  };
  ExpectClean("two and exit", body);
}

TYPED_TEST(ReapKillTest, Keep) {
  ExpectKeptOrReaped("keep", [] {
    TypeParam dir = TestFixture::MakeOne();
    MakeFile(dir.path() / "file");
    if (!dir.Keep().ok()) _exit(1);
  });
}

TYPED_TEST(ReapKillTest, KeepDirectly) {
  ExpectKeptOrReaped("keep directly", [] {
    TypeParam dir =
        Make<TypeParam>(TempDirOptions().set_parent(kParent).set_direct());
    MakeFile(dir.path() / "file");
    if (!dir.Keep().ok()) _exit(1);
  });
}

// The one is the parent of the other.
TYPED_TEST(ReapKillTest, OneInsideAnother) {
  ExpectClean("one inside another", [] {
    TypeParam outer = TestFixture::MakeOne();
    MakeFile(outer.path() / "file");
    TypeParam inner =
        Make<TypeParam>(TempDirOptions().set_parent(outer.path()));
    MakeFile(inner.path() / "file");
    if (!inner.Remove().ok()) _exit(1);
    if (!Exists(outer.path() / "file")) _exit(2);
    if (!outer.Remove().ok()) _exit(3);
  });
}

TYPED_TEST(ReapKillTest, OuterOfTwoGoesFirst) {
  ExpectClean("outer first", [] {
    TypeParam outer = TestFixture::MakeOne();
    TypeParam inner =
        Make<TypeParam>(TempDirOptions().set_parent(outer.path()));
    MakeFile(inner.path() / "file");
    if (!outer.Remove().ok()) _exit(1);
    if (!inner.Remove().ok()) _exit(2);
  });
}

// The outer one is another process's, which lives on and keeps its own.
TYPED_TEST(ReapKillTest, OneInsideThatOfALivingProcess) {
  KillPlan plan;
  plan.name = "inside a living one's";
  plan.body = [] {
    TypeParam dir = Make<TypeParam>(TempDirOptions().set_parent(kLive));
    MakeFile(dir.path() / "file");
    if (!dir.Remove().ok()) _exit(1);
  };
  plan.check = [](bool) { ReapWell(kLive); };
  EXPECT_GT(KillEverywhere(plan), 30);
}

TYPED_TEST(ReapKillTest, ReapOfADeadRoot) {
  KillPlan plan;
  plan.name = "reap";
  plan.prepare = PrepareDeadRoot;
  plan.body = [] {
    TypeParam dir = TestFixture::MakeOne();
    if (!tempdir::Reap(kParent).ok()) _exit(1);
    if (!dir.Remove().ok()) _exit(1);
  };
  EXPECT_GT(KillEverywhere(plan), 30);
}

// A user whose umask takes everything: between mkdir and chmod even the owner
// cannot read what it made.
TYPED_TEST(ReapKillTest, CreateUnderAnUmaskThatTakesAll) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    BecomeSomeUser();
    MakeDirectory(kParent);
    umask(0777);
    int stop = 0;
    for (bool killed = true; killed; stop += kStride) {
      SteppedProcess process([] {
        TypeParam dir = TestFixture::MakeOne();
        if (!dir.Remove().ok()) _exit(1);
      });
      killed = process.RunToStop(stop);
      process.Kill();
      ReapWell();
      SayUnless(Entries(kParent).empty(), "left at " + std::to_string(stop));
    }
    SayUnless(stop > 30, "few stops");
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.exit_code, 0);
}

}  // namespace
