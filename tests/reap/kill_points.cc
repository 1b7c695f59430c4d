// SPDX-License-Identifier: Apache-2.0

#include "tests/reap/kill_points.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tests/support/dead_roots.h"
#include "tests/support/temp_dir_fixture.h"

namespace finalize_test {
namespace {

using boost::filesystem::path;
using tempdir::ReapOutcome;

constexpr char kOfAnotherUser[] = "finalize-65534-aaaaaaaaaaaaaaaa";

// What others have in the parent, before and after.
void PlantOthers(const KillPlan& plan) {
  MakeDirectory(kParent);
  MakeDirectory(path(kParent) / kOfAnotherUser);
  if (chown((path(kParent) / kOfAnotherUser).c_str(), kNobody, kNobody) != 0) {
    abort();
  }
  MakeDirectory(path(kParent) / "other");
  MakeFile(path(kParent) / "other" / "file");
  if (!plan.beside_live) return;
  MakeDirectory(kLive);
  MakeFile(path(kLive) / "file");
  const int live = open(kLive, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (live < 0 || flock(live, LOCK_SH) != 0) abort();
}

// Kills it at one stop. Returns whether it had so many.
bool KillAt(int stop, const KillPlan& plan) {
  SteppedProcess process(plan.body, plan.stepped);
  const bool killed = process.RunToStop(stop);
  if (killed && !plan.others_go_on) return true;
  if (killed) process.KillStopped();
  process.RunToEnd();
  SayUnless(process.succeeded(), "body failed at stop " + std::to_string(stop));
  return killed;
}

}  // namespace

void PrepareDeadRoot() {
  path at = path(kParent) / "finalize-0-bbbbbbbbbbbbbbbb";
  MakeDirectory(at);
  MarkAsRoot(at);
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

void ExpectOthersAlone(const KillPlan& plan, const std::string& where) {
  const auto left = Entries(kParent);
  std::vector<std::string> others = {kOfAnotherUser, "other"};
  if (plan.beside_live) {
    others.insert(others.begin(), path(kLive).filename().native());
    SayUnless(Entries(kLive) == std::vector<std::string>{"file"},
              "live:" + where);
  }
  SayUnless(left == others, "left:" + where);
  for (const std::string& name : left) SayUnless(left == others, name);
  SayUnless(Exists(path(kParent) / "other" / "file"), "touched:" + where);
}

void ReapWell(const std::string& parent) {
  auto report = tempdir::Reap(parent);
  SayUnless(report.ok(), report.status().ToString());
  for (const tempdir::ReapedRoot& root : report->roots) {
    SayUnless(root.outcome == ReapOutcome::kRemoved || root.path == kLive,
              root.path + " " + ReapOutcomeName(root.outcome));
    SayUnless(root.outcome == ReapOutcome::kInUse || root.path != kLive,
              "not live");
  }
}

int KillEverywhere(const KillPlan& plan) {
  const Ended ended = RunForked([&] {
    MountMemory("/tmp");
    PlantOthers(plan);
    int stop = 0;
    for (bool killed = true; killed; stop += kStride) {
      plan.prepare();
      killed = KillAt(stop, plan);
      if (plan.check) plan.check(killed);
      ReapWell();
      ExpectOthersAlone(plan, " killed at stop " + std::to_string(stop));
    }
    dprintf(STDOUT_FILENO, "points %d", stop - kStride);
  });
  int points = 0;
  EXPECT_EQ(sscanf(ended.output.c_str(), "points %d", &points), 1)
      << plan.name << ":\n"
      << ended.output;
  printf("%s: %d kill points\n", plan.name.c_str(), points);
  testing::Test::RecordProperty("kill_points", points);
  return points;
}

}  // namespace finalize_test
