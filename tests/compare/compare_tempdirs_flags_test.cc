// SPDX-License-Identifier: Apache-2.0

// How compare_tempdirs is called.

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/compare/tool_run.h"
#include "tests/support/refused_calls.h"

namespace {

using finalize_test::Compare;
using finalize_test::ToolRun;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The names of the scenarios that `only` stands for.
std::vector<std::string> Selected(const std::string& only) {
  const ToolRun run = Compare({"--format=json", "--only=" + only});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  std::vector<std::string> names;
  const json output = json::parse(run.output);
  for (const json& scenario : output["scenarios"]) {
    names.push_back(scenario["name"]);
  }
  return names;
}

void ExpectUsageError(const std::vector<std::string>& arguments,
                      const std::string& named) {
  const ToolRun run = Compare(arguments);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.output, "");
  EXPECT_THAT(run.errors, HasSubstr(named));
}

TEST(OnlyTest, TakesNamesInTheOrderOfTheTable) {
  EXPECT_THAT(Selected("sigint,scope-end"),
              testing::ElementsAre("scope-end", "sigint"));
}

TEST(OnlyTest, TakesGlobs) {
  EXPECT_THAT(Selected("sig[hi]*"), testing::ElementsAre("sigint", "sighup"));
}

TEST(OnlyTest, TakesGroups) {
  EXPECT_THAT(
      Selected("signals"),
      testing::ElementsAre("sigterm", "sigint", "sighup", "sigterm-twice",
                           "sigterm-again", "sigterm-in-exit", "sigkill"));
}

TEST(OnlyTest, TakesNamesAsTheTableShowsThem) {
  EXPECT_THAT(Selected("SIGTERM, SIGKILL,"),
              testing::ElementsAre("sigterm", "sigkill"));
}

TEST(OnlyTest, NamesTheOneThatMatchesNothing) {
  ExpectUsageError({"--only=sigterm,sigquit"}, "\"sigquit\"");
}

TEST(ColumnsTest, AreShownInTheOrderOfTheTable) {
  const ToolRun run = Compare(
      {"--only=sigterm", "--columns=reaper,f*,destructor", "--format=json"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  const json output = json::parse(run.output);
  std::vector<std::string> ids;
  for (const json& column : output["columns"]) ids.push_back(column["id"]);
  EXPECT_THAT(ids, testing::ElementsAre("destructor", "finalizer", "reaper"));
  EXPECT_EQ(output["scenarios"][0]["cells"].size(), 3u);
}

TEST(ColumnsTest, OneAloneIsAsInTheTable) {
  const ToolRun run = Compare({"--only=sigkill,exec", "--columns=restart"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_THAT(run.output,
              HasSubstr("left something behind in 0 of 2 ways of ending."));
}

TEST(ColumnsTest, TakeOwnAndOthers) {
  EXPECT_THAT(
      Compare({"--only=scope-end", "--columns=own"}).output,
      AllOf(HasSubstr("after the next start left something behind in 0 of 1"),
            Not(HasSubstr("mkdtemp"))));
}

TEST(ColumnsTest, NameTheOneThatMatchesNothing) {
  ExpectUsageError({"--columns=hooks,perl"}, "\"perl\"; there are destr");
}

TEST(ListTest, PrintsNamesUnderTheirGroup) {
  const ToolRun run = Compare({"--list", "--only=sigterm"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.output, StartsWith("signals\n  sigterm "));
}

TEST(FlagsTest, NamesAnUnknownFlag) {
  ExpectUsageError({"--colour"}, "'colour'");
}

TEST(FlagsTest, NamesAnUnknownFormat) {
  ExpectUsageError({"--format=xml"}, "'xml'");
}

TEST(FlagsTest, NamesAStrayArgument) {
  ExpectUsageError({"sigterm"}, "sigterm");
}

TEST(FlagsTest, WantsAtLeastOneJob) {
  ExpectUsageError({"--jobs=0"}, "--jobs");
}

TEST(FlagsTest, WantsADirectoryToFillFrom) {
  ExpectUsageError({"--fill=/does/not/exist"}, "/does/not/exist");
}

// It would copy itself without end.
TEST(FlagsTest, DoesNotFillFromWhereTheCopiesAre) {
  ExpectUsageError({"--fill=/"}, "contains TMPDIR");
}

TEST(FlagsTest, FillFromADirectoryThatIsGoneIsNamed) {
  const std::string gone = std::string(getenv("TEST_TMPDIR")) + "/gone";
  ASSERT_EQ(mkdir(gone.c_str(), 0700), 0);
  const ToolRun run =
      finalize_test::RunProgram("examples/compare_tempdirs", {"--fill=."}, [&] {
        setenv("TMPDIR", getenv("TEST_TMPDIR"), 1);
        if (chdir(gone.c_str()) != 0 || rmdir(gone.c_str()) != 0) _exit(125);
      });
  EXPECT_EQ(run.exit_code, 2) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("--fill: \".\""));
}

// C38: a name forges no line.
TEST(FlagsTest, ErrorIsOneLine) {
  ExpectUsageError({"--fill=/no\nfinalize: all is well"},
                   "/no\\nfinalize: all is well");
}

TEST(FlagsTest, UpdatesWithTheWholeTableOnly) {
  ExpectUsageError({"--update=README.md", "--only=sigterm"}, "--update");
  ExpectUsageError({"--update=README.md", "--columns=hooks"}, "--update");
}

TEST(FlagsTest, UpdatesInTheFormOfTheDocument) {
  ExpectUsageError({"--update=README.md", "--format=json"}, "--format");
}

// Before anything is played.
void ExpectNoUpdate(const std::string& document, const std::string& why) {
  const ToolRun run = Compare({"--update=" + document, "--limit=1ns"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(run.errors, "compare_tempdirs: --update: " + why + "\n");
}

TEST(UpdateTest, NamesWhatIsNoFile) {
  ExpectNoUpdate("/etc", "\"/etc\" is not a file");
  ExpectNoUpdate("/dev/full", "\"/dev/full\" is not a file");
}

TEST(UpdateTest, NamesWhatIsNotThere) {
  ExpectNoUpdate("/no/x.md", "\"/no/x.md\": No such file or directory");
  ExpectNoUpdate("/no/x.html", "\"/no/x.html\": No such file or directory");
}

TEST(UpdateTest, NamesTheDocumentWithoutSections) {
  const std::string path = std::string(getenv("TEST_TMPDIR")) + "/none.md";
  ASSERT_EQ(system(("echo text >" + path).c_str()), 0);
  ExpectNoUpdate(path,
                 "\"" + path + "\" has no line \"<!-- comparison: begin -->\"");
}

TEST(FlagsTest, DoctorTakesNoOther) {
  ExpectUsageError({"--doctor", "--jobs=1"}, "--doctor takes no flag");
  ExpectUsageError({"--doctor", "--noprogress"}, "--doctor takes no flag");
}

TEST(FlagsTest, HelpIsNoError) {
  const ToolRun run = Compare({"--help"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.output, AllOf(HasSubstr("--only"), HasSubstr("Exit status")));
}

TEST(FillTest, LeavesTheCopyOfTheTree) {
  const std::string tree = std::string(getenv("TEST_TMPDIR")) + "/tree";
  const std::string make = "mkdir -p " + tree + "/a/b && echo 12345 > " + tree +
                           "/a/b/file && ln -sf nowhere " + tree + "/link";
  ASSERT_EQ(system(make.c_str()), 0);
  const ToolRun run =
      Compare({"--format=json", "--only=underscore-exit", "--fill=" + tree});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  const json cell =
      json::parse(run.output)["scenarios"][0]["cells"]["destructor"];
  EXPECT_EQ(cell["files"], 2);  // the link as a link
  EXPECT_EQ(cell["bytes"], 6);
}

TEST(ProgressTest, IsSilentWithoutATerminal) {
  EXPECT_EQ(Compare({"--only=scope-end"}).errors, "");
}

TEST(ProgressTest, SaysWhatIsPlayedIfAsked) {
  const ToolRun run =
      Compare({"--only=scope-end", "--columns=own", "--progress", "--jobs=1"});
  EXPECT_EQ(run.errors,
            "0/6 scope-end, destructor style\n"
            "1/6 scope-end, finalizer style\n"
            "2/6 scope-end, finalizer style with exit hooks\n"
            "3/6 scope-end, finalizer style with crash tier\n"
            "4/6 scope-end, finalizer style with reaper process\n"
            "5/6 scope-end, finalizer style after the next start\n");
}

TEST(TableTest, HasNoColorWithoutATerminal) {
  EXPECT_THAT(Compare({"--only=scope-end"}).output, Not(HasSubstr("\033")));
}

TEST(JobsTest, MayBeMoreThanThereIsWork) {
  const ToolRun run = Compare({"--only=scope-end", "--jobs=100000"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_EQ(run.errors, "");
}

TEST(JobsTest, GiveTheSameResultsInAnyNumber) {
  const ToolRun one = Compare({"--format=markdown", "--jobs=1"});
  const ToolRun many = Compare({"--format=markdown", "--jobs=9"});
  EXPECT_EQ(one.exit_code, 0) << one.errors;
  EXPECT_EQ(one.output, many.output);
}

TEST(LimitTest, AScenarioThatReachesItHasNoResult) {
  // The program under test gets no time at all.
  const ToolRun run =
      Compare({"--only=scope-end", "--limit=1ns", "--format=json"});
  EXPECT_EQ(run.exit_code, 1);
  const json cell =
      json::parse(run.output)["scenarios"][0]["cells"]["destructor"];
  EXPECT_EQ(cell["state"], "no result");
  EXPECT_THAT(run.errors, HasSubstr("scope-end, destructor style: no result"));
}

// As the filter of a container refuses the namespaces. (Threads do without that
// call.)
TEST(ContainersTest, AreADashIfTheMachineRefuses) {
  const ToolRun run = Compare({"--only=containers", "--format=json"}, [] {
    if (!finalize_test::RefuseCalls({SYS_clone3}, ENOSYS).empty()) _exit(125);
  });
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_EQ(run.errors, "");
  const json output = json::parse(run.output);
  size_t cells = 0;
  for (const json& scenario : output["scenarios"]) {
    for (const json& cell : scenario["cells"]) {
      ++cells;
      EXPECT_EQ(cell["state"], "not played");
      EXPECT_EQ(cell["refusal"], "a user namespace: Function not implemented");
    }
  }
  EXPECT_EQ(cells, 6u * output["columns"].size());
  EXPECT_THAT(output["summary"].back().get<std::string>(),
              StartsWith("Not played on this machine (a user namespace: "));
}

}  // namespace
