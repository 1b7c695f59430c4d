// kill -9 of a reaper process at every system call (C30), from the start of its
// program to its end, while its owner starts it and dies.

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reaper_process.h"
#include "tempdir/temp_dir_options.h"
#include "tests/kill_points.h"
#include "tests/stepped_process.h"
#include "tests/temp_dir_styles.h"

namespace {

using namespace temp_dir_fixture;  // NOLINT(build/namespaces)
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

TEST(ReaperProcessKillTest, NextReapFinishes) {
  const tempdir::ReaperProcessOptions program = ProgramFor(kParent);
  KillPlan plan;
  plan.name = "reaper process";
  plan.stepped = Stepped::kOthers;
  plan.others_go_on = true;
  plan.body = [&program] {
    auto* dir = Abandon(
        Make<tempdir::FinalizerTempDir>(TempDirOptions().Parent(kParent)));
    MakeFile(dir->path() / "file");
    const bool started = tempdir::StartReaperProcess(program).ok();
    if (!Exists(dir->path() / "file")) _exit(1);
    (void)started;  // it may have been killed; then the next reaper does all
  };
  plan.check = [](bool killed) {
    Say(killed || Entries(kParent).size() == 3, "not done by itself");
  };
  EXPECT_GT(KillEverywhere(plan), 100);
}

}  // namespace
