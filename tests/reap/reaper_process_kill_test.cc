// SPDX-License-Identifier: Apache-2.0

// kill -9 of a reaper process at every system call (C30), from its start to its
// end, while its owner goes on and dies.

#include <limits.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reaper_process.h"
#include "tempdir/temp_dir_options.h"
#include "tests/reap/kill_points.h"
#include "tests/support/forked.h"
#include "tests/support/stepped_process.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using finalize_test::Forked;
using tempdir::TempDirOptions;

tempdir::ReaperProcessOptions ProgramFor(const char* parent) {
  const char* const program = getenv("REAP_PROGRAM");
  tempdir::ReaperProcessOptions options;
  char absolute[PATH_MAX];
  if (realpath(program != nullptr ? program : "", absolute) == nullptr) abort();
  options.program = absolute;
  options.parents = {parent};
  return options;
}

// The owner's part: a temp dir that it leaves, and `start` in between.
template <class Start>
void Own(const Start& start) {
  auto* dir = Abandon(
      Make<tempdir::FinalizerTempDir>(TempDirOptions().set_parent(kParent)));
  MakeFile(dir->path() / "file");
  start();
  if (!Exists(dir->path() / "file")) _exit(1);
}

// Whoever is killed is the reaper process; its owner goes on.
int KillPoints(KillPlan plan) {
  plan.stepped = Stepped::kOthers;
  plan.others_go_on = true;
  plan.check = [&plan](bool killed) {
    if (!killed) ExpectOthersAlone(plan, " by a reaper process that lived");
  };
  return KillEverywhere(plan);
}

// From the first call of its program on. The owner may hear that it could not
// be started.
TEST(ReaperProcessKillTest, NextReapFinishes) {
  const tempdir::ReaperProcessOptions program = ProgramFor(kParent);
  KillPlan plan;
  plan.name = "reaper process";
  plan.beside_live = false;
  plan.body = [&program] {
    Own([&program] { (void)tempdir::StartReaperProcess(program).ok(); });
  };
  EXPECT_GT(KillPoints(plan), 100);
}

// It tries again and again while something is in use.
TEST(ReaperProcessKillTest, NextReapFinishesBesideALiveDirectory) {
  KillPlan plan;
  plan.name = "reaper process beside a live directory";
  plan.body = [] {
    Own([] {
      std::string watch = "--watch=" + std::to_string(getpid());
      std::string words[] = {"finalize-reap", watch, "--", kParent};
      char* arguments[] = {words[0].data(), words[1].data(), words[2].data(),
                           words[3].data(), nullptr};
      const pid_t starter = Forked(fork());
      if (starter == 0) {
        closefrom(STDERR_FILENO + 1);
        _exit(*tempdir::RunAsReaperProcess(4, arguments));
      }
      waitpid(starter, nullptr, 0);
    });
  };
  EXPECT_GT(KillPoints(plan), 100);
}

}  // namespace
