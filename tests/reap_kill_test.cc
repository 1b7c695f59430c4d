// kill -9 at every system call (C27, C28, C30): a process is stopped at the
// entry and at the exit of each one that it makes while it creates, uses,
// keeps, removes and reaps, and killed there. After the next reaper nothing of
// it is left, and what it has nothing to do with is as before.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tests/stepped_process.h"
#include "tests/temp_dir_styles.h"

namespace {

using namespace temp_dir_fixture;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::ReapOutcome;
using tempdir::TempDirOptions;

constexpr char kParent[] = "/tmp/parent";

// Kills a process that does `body` at one of its system call stops. Returns
// whether it had so many; else it has ended by itself, with 0.
bool KillAt(int stop, const std::function<void()>& body) {
  SteppedProcess process(body);
  if (process.RunToStop(stop)) return true;
  Say(process.succeeded(), "body failed");
  return false;
}

// What others have in the parent, before and after.
void PlantOthers() {
  MakeDirectory(kParent);
  MakeDirectory(path(kParent) / "finalize-65534-aaaaaaaaaaaaaaaa");
  MakeDirectory(path(kParent) / "other");
  MakeFile(path(kParent) / "other" / "file");
}
void ExpectOthersAlone(int stop) {
  const std::string where = " killed at stop " + std::to_string(stop);
  const auto left = Entries(kParent);
  Say(left ==
          std::vector<std::string>{"finalize-65534-aaaaaaaaaaaaaaaa", "other"},
      "left:" + where);
  for (const std::string& name : left) Say(left.size() == 2, name);
  Say(Exists(path(kParent) / "other" / "file"), "touched:" + where);
}

void ReapWell() {
  auto report = tempdir::Reap(kParent);
  Say(report.ok(), report.status().ToString());
  for (const tempdir::ReapedRoot& root : report->roots) {
    Say(root.outcome == ReapOutcome::kRemoved,
        root.path + " " + ReapOutcomeName(root.outcome));
  }
}

// Does `body` again and again, killed one stop later each time; `check` looks
// at what is left.
void KillEverywhere(const char* name, const std::function<void()>& prepare,
                    const std::function<void()>& body,
                    const std::function<void(int stop)>& check) {
  const Ended ended = RunChild([&] {
    MountMemory("/tmp");
    PlantOthers();
    int stop = 0;
    for (bool killed = true; killed; ++stop) {
      prepare();
      killed = KillAt(stop, body);
      check(stop);
    }
    dprintf(STDOUT_FILENO, "points %d", stop - 1);
  });
  int points = 0;
  EXPECT_EQ(sscanf(ended.output.c_str(), "points %d", &points), 1)
      << ended.output;
  EXPECT_GT(points, 30);
  printf("%s: %d kill points\n", name, points);
  testing::Test::RecordProperty("kill_points", points);
}

void PrepareNothing() {}
void CheckReaped(int stop) {
  ReapWell();
  ExpectOthersAlone(stop);
}

// A dead root with what makes the engine work: depth beyond its descriptors, a
// directory that forbids reading, a link.
void PrepareDeadRoot() {
  path at = path(kParent) / "finalize-0-bbbbbbbbbbbbbbbb";
  MakeDirectory(at);
  MakeDirectory(at / "closed");
  MakeFile(at / "closed" / "file");
  if (chmod((at / "closed").c_str(), 0) != 0 ||
      symlink("/tmp/parent/other", (at / "link").c_str()) != 0) {
    abort();
  }
  for (int depth = 0; depth < 40; ++depth) {
    at /= "d";
    MakeDirectory(at);
  }
  MakeFile(at / "file");
}

template <class Dir>
class ReapKillTest : public testing::Test {
 protected:
  static Dir MakeOne() { return Make<Dir>(TempDirOptions().Parent(kParent)); }
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
  KillEverywhere("create, use, remove", PrepareNothing, body, CheckReaped);
}

TYPED_TEST(ReapKillTest, CreateAndRemoveDirectly) {
  const auto body = [] {
    TypeParam dir =
        Make<TypeParam>(TempDirOptions().Parent(kParent).Directly());
    MakeFile(dir.path() / "file");
    if (!dir.Remove().ok()) _exit(1);
  };
  KillEverywhere("directly", PrepareNothing, body, CheckReaped);
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
  KillEverywhere("two and exit", PrepareNothing, body, CheckReaped);
}

// C28: kept whole, or not yet kept and reaped.
TYPED_TEST(ReapKillTest, Keep) {
  const auto body = [] {
    TypeParam dir = TestFixture::MakeOne();
    MakeFile(dir.path() / "file");
    const auto kept = dir.Keep();
    if (!kept.ok()) _exit(1);
    const int done = open("/tmp/done", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    close(done);
  };
  KillEverywhere("keep", PrepareNothing, body, [](int stop) {
    ReapWell();
    bool kept = false;
    for (const std::string& name : Entries(kParent)) {
      if (name.compare(0, 4, "tmp-") != 0) continue;
      kept = true;
      const path file = path(kParent) / name / "file";
      Say(Exists(file), "kept without its content");
      unlink(file.c_str());
      rmdir(file.parent_path().c_str());
    }
    Say(kept || unlink("/tmp/done") != 0, "was reaped after Keep()");
    unlink("/tmp/done");
    ExpectOthersAlone(stop);
  });
}

TYPED_TEST(ReapKillTest, ReapOfADeadRoot) {
  KillEverywhere(
      "reap", PrepareDeadRoot,
      [] {
        TypeParam dir = TestFixture::MakeOne();
        if (!tempdir::Reap(kParent).ok()) _exit(1);
        if (!dir.Remove().ok()) _exit(1);
      },
      CheckReaped);
}

// A user whose umask takes everything: between mkdir and chmod even the owner
// cannot read what it made.
TYPED_TEST(ReapKillTest, CreateUnderAnUmaskThatTakesAll) {
  const Ended ended = RunChild([] {
    MountMemory("/tmp");
    BecomeNobody();
    MakeDirectory(kParent);
    umask(0777);
    int stop = 0;
    for (bool killed = true; killed; ++stop) {
      killed = KillAt(stop, [] {
        TypeParam dir = TestFixture::MakeOne();
        if (!dir.Remove().ok()) _exit(1);
      });
      ReapWell();
      Say(Entries(kParent).empty(), "left at " + std::to_string(stop));
    }
    Say(stop > 30, "few stops");
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.exit_code, 0);
}

}  // namespace
