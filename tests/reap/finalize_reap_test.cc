// SPDX-License-Identifier: Apache-2.0

// The command-line tool finalize-reap: output and exit status.

#include <stdlib.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "boost/filesystem/path.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/child_process.h"
#include "tests/support/dead_roots.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using boost::filesystem::path;
using finalize_test::ChildResult;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;
using namespace finalize_test;  // NOLINT(build/namespaces)

class FinalizeReapTest : public TempDirFixture {
 protected:
  ChildResult Run(std::vector<std::string> arguments) {
    const char* const program = getenv("REAP_PROGRAM");
    arguments.insert(arguments.begin(), program != nullptr ? program : "");
    return finalize_test::RunChild(arguments);
  }
  // What a temp dir with one file left whose owner failed.
  path LeaveFailure() {
    RunForked([] {
      auto dir = Make<tempdir::TempDir>(
          tempdir::TempDirOptions().set_keep_on_failure());
      MakeFile(dir.path() / "file");
      dir.MarkFailed();
    });
    return WhatAFailureLeft(scratch()).parent_path();
  }
};

TEST_F(FinalizeReapTest, RemovesAndSaysWhat) {
  const path root = MakeDeadRoot(scratch());
  const ChildResult result = Run({});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "removed " + root.native() + " entries=3\n");
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(Entries(scratch()).empty());
}

TEST_F(FinalizeReapTest, SaysNothingIfThereIsNothing) {
  auto dir = Make<tempdir::TempDir>();
  const ChildResult result = Run({scratch().native()});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(Exists(dir.path()));
}

TEST_F(FinalizeReapTest, ListShowsWhatIsInUse) {
  auto dir = Make<tempdir::TempDir>();
  const path root = MakeDeadRoot(Parent());
  const ChildResult result =
      Run({"--list", scratch().native(), Parent().native()});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "in use " + dir.path().parent_path().native() +
                            "\nremovable " + root.native() + " entries=3\n");
  EXPECT_TRUE(Exists(root));
}

TEST_F(FinalizeReapTest, DryRunSaysWhatWouldGo) {
  auto dir = Make<tempdir::TempDir>();
  const path root = MakeDeadRoot(scratch());
  const ChildResult result = Run({"--dry_run", "--count_bytes"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "removable " + root.native() + " entries=3 bytes=7\n");
  EXPECT_TRUE(Exists(root));
}

// C28: what failures left, with ages and sizes.
TEST_F(FinalizeReapTest, KeptListsWhatFailuresLeft) {
  MakeDeadRoot(scratch());
  const path kept = LeaveFailure();
  const ChildResult result = Run({"--kept"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.out, MatchesRegex("kept " + kept.native() +
                                       " age=[0-9ms]+ entries=2 bytes=7 "
                                       "prefix=tmp-\n"));
  const ChildResult program = Run({"--kept", "--json"});
  const auto json = nlohmann::json::parse(program.out);
  EXPECT_EQ(json["parents"][0]["kept"][0]["path"], kept.native());
  EXPECT_EQ(json["parents"][0]["kept"][0]["bytes"], 7);
  EXPECT_TRUE(Exists(kept));
  EXPECT_TRUE(Run({"--kept", "/missing"}).Exited(1));
}
TEST_F(FinalizeReapTest, TrimKeptRemovesWhatFailuresLeft) {
  const path root = MakeDeadRoot(scratch());
  const path kept = LeaveFailure();
  EXPECT_EQ(Run({"--trim_kept=1"}).out, "");
  EXPECT_EQ(Run({"--trim_kept=0", "--older_than=1h"}).out, "");
  EXPECT_EQ(Run({"--trim_kept=0", "--dry_run"}).out,
            "removable " + kept.native() + " entries=2 bytes=7\n");
  const ChildResult result = Run({"--trim_kept=0"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "removed " + kept.native() + " entries=2 bytes=7\n");
  EXPECT_FALSE(Exists(kept));
  EXPECT_TRUE(Exists(root)) << "it reaps nothing";
  EXPECT_TRUE(Run({"--kept", "--trim_kept=0"}).Exited(2));
}

TEST_F(FinalizeReapTest, JsonIsForPrograms) {
  auto dir = Make<tempdir::TempDir>();
  const ChildResult result = Run({"--json", scratch().native(), "/missing"});
  EXPECT_TRUE(result.Exited(1)) << result;
  const auto json = nlohmann::json::parse(result.out);
  ASSERT_EQ(json["parents"].size(), 2u);
  const auto& first = json["parents"][0];
  EXPECT_EQ(first["parent"], scratch().native());
  EXPECT_EQ(first["timed_out"], false);
  ASSERT_EQ(first["roots"].size(), 1u);
  EXPECT_EQ(first["roots"][0]["outcome"], "in use");
  EXPECT_EQ(first["roots"][0]["path"], dir.path().parent_path().native());
  EXPECT_EQ(json["parents"][1]["parent"], "/missing");
  EXPECT_THAT(json["parents"][1]["error"].get<std::string>(),
              HasSubstr("NOT_FOUND"));
}

// Anybody can plant it.
TEST_F(FinalizeReapTest, RefusalIsSaidAndStopsNothing) {
  const path planted = scratch() / "finalize-0-aaaaaaaaaaaaaaaa";
  ASSERT_EQ(mkfifo(planted.c_str(), 0600), 0);
  const path root = MakeDeadRoot(scratch());
  const ChildResult result = Run({});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.out, HasSubstr("refused " + planted.native() + ": " +
                                    planted.native() + " is no directory\n"));
  EXPECT_FALSE(Exists(root));
  EXPECT_TRUE(Exists(planted));
}

TEST_F(FinalizeReapTest, RefusalFailsItIfStrict) {
  MakeFile(scratch() / "finalize-0-aaaaaaaaaaaaaaaa");
  const ChildResult result = Run({"--strict"});
  EXPECT_TRUE(result.Exited(1)) << result;
  EXPECT_THAT(result.out, StartsWith("refused "));
}

// Locks are not known to hold on /proc.
TEST_F(FinalizeReapTest, RefusedParentIsSaidAndStopsNothing) {
  const path root = MakeDeadRoot(scratch());
  const ChildResult result = Run({"/proc", scratch().native()});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.out, StartsWith("error /proc"));
  EXPECT_FALSE(Exists(root));
  EXPECT_TRUE(Run({"--strict", "/proc"}).Exited(1));
}

// C30: whoever may rename in a parent, what is marked there is reaped.
TEST_F(FinalizeReapTest, ParentThatOthersMayChangeIsReaped) {
  ASSERT_EQ(chmod(scratch().c_str(), 0777), 0);
  const path root = MakeDeadRoot(scratch());
  EXPECT_TRUE(Run({"--strict"}).Exited(0));
  EXPECT_FALSE(Exists(root));
}

TEST_F(FinalizeReapTest, ParentThatCannotBeReadFailsIt) {
  const ChildResult result = Run({In("missing").native()});
  EXPECT_TRUE(result.Exited(1)) << result;
  EXPECT_THAT(result.out, StartsWith("error cannot read "));
  MakeFile(In("file"));
  EXPECT_TRUE(Run({In("file").native()}).Exited(1));
}

TEST_F(FinalizeReapTest, TimeThatIsUpFailsIt) {
  const path root = MakeDeadRoot(scratch());
  const ChildResult result = Run({"--time_limit=0"});
  EXPECT_TRUE(result.Exited(1)) << result;
  EXPECT_THAT(result.out, HasSubstr("the time is up"));
  EXPECT_TRUE(Exists(root));
}

TEST_F(FinalizeReapTest, WrongUsageFails) {
  EXPECT_TRUE(Run({"--list", "--dry_run"}).Exited(2));
  EXPECT_TRUE(Run({"--no_such_flag"}).Exited(2));
}

TEST_F(FinalizeReapTest, HelpSaysHowItExits) {
  const ChildResult result = Run({"--help"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.out, HasSubstr("exit status: 0 "));
}

// Nobody to watch: this is not a child of that process.
TEST_F(FinalizeReapTest, WatchWantsItsParent) {
  EXPECT_TRUE(Run({"--watch=1"}).Exited(3));
}

}  // namespace
