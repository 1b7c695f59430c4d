// SPDX-License-Identifier: Apache-2.0

// What has to come of every cell of the comparison. The table below is written
// out a second time here, apart from the tool's own, on purpose.

#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/compare/tool_run.h"

namespace {

using nlohmann::json;

constexpr char kLeft[] = "left";

struct Want {
  const char* scenario;
  const char* ending;      // of the process
  const char* destructor;  // when it is removed, or kLeft
  const char* finalizer;
  const char* hooks;      // finalizer style, after InstallExitHooks
  int files = 3;          // that are left, where some are
  const char* says = "";  // on standard error; "": nothing at all
};

void PrintTo(const Want& want, std::ostream* out) { *out << want.scenario; }

// C1, C8, C10, C13, C19, C20, C21, C22, C27, C28 as seen from outside.
constexpr Want kWants[] = {
    {"scope-end", "exit 0", "at scope end", "at scope end", "at scope end"},
    {"remove", "exit 0", "by Remove()", "by Remove()", "by Remove()"},
    {"remove-twice", "exit 0", "by Remove()", "by Remove()", "by Remove()"},
    {"moved", "exit 0", "at scope end", "at scope end", "at scope end"},
    {"assigned-over", "exit 0", "at scope end", "at scope end", "at scope end"},
    {"returned", "exit 0", "at scope end", "at scope end", "at scope end"},
    {"exception-caught", "exit 0", "by exception", "by exception",
     "by exception"},

    {"return-from-main", "exit 3", "at return", "at return", "at return"},
    {"exit-nested", "exit 3", kLeft, "at exit", "at exit"},
    {"exit-other-thread", "exit 3", kLeft, "at exit", "at exit"},
    {"quick-exit", "exit 3", kLeft, kLeft, "at quick_exit"},
    {"underscore-exit", "exit 3", kLeft, kLeft, kLeft},
    {"exec", "exit 3", kLeft, kLeft, kLeft},

    {"sigterm", "SIGTERM", kLeft, kLeft, "by the signal"},
    {"sigint", "SIGINT", kLeft, kLeft, "by the signal"},
    {"sighup", "SIGHUP", kLeft, kLeft, "by the signal"},
    {"sigterm-twice", "SIGTERM", kLeft, kLeft, "by the signal"},
    {"sigterm-again", "SIGTERM", kLeft, kLeft, kLeft},
    {"sigterm-in-exit", "SIGTERM", kLeft, kLeft, "later at exit"},
    {"sigkill", "SIGKILL", kLeft, kLeft, kLeft},

    {"exception-uncaught", "SIGABRT", kLeft, kLeft, "at terminate", 3,
     "no such record"},
    {"terminate", "SIGABRT", kLeft, kLeft, "at terminate", 3,
     "terminate called"},
    {"abort", "SIGABRT", kLeft, kLeft, kLeft},
    {"sigsegv", "SIGSEGV", kLeft, kLeft, kLeft},
    {"sigsegv-busy", "SIGSEGV", kLeft, kLeft, kLeft, 11},

    {"fork-child-exits", "exit 0", "by the parent", "by the parent",
     "by the parent"},
    {"fork-child-returns", "exit 0", "by the parent", "by the parent",
     "by the parent"},
    {"fork-child-killed", "exit 0", "by the parent", "by the parent",
     "by the parent"},
    {"fork-parent-first", "exit 0", "by the parent", "by the parent",
     "by the parent"},
    {"fork-daemon", "exit 0", kLeft, kLeft, kLeft},
    {"fork-daemon-adopts", "exit 0", "by the child", "by the child",
     "by the child"},

    {"owner-throws", "exit 0", "by exception", "by exception", "by exception"},
    {"heap-leaked", "exit 0", kLeft, "at exit", "at exit"},
    {"shared-cycle", "exit 0", kLeft, "at exit", "at exit", 6},
    {"global", "exit 0", "at exit", "at exit", "at exit"},
    {"static-local", "exit 0", "at exit", "at exit", "at exit"},
    {"thread-local", "exit 0", "at exit", "at exit", "at exit"},
    {"thread-local-ended", "exit 0", "at thread end", "at thread end",
     "at thread end"},
    {"detached-thread", "exit 0", kLeft, "at exit", "at exit"},
    {"fiber-destroyed", "exit 0", kLeft, "at exit", "at exit"},
    {"fiber-suspended", "exit 0", kLeft, "at exit", "at exit"},

    {"remove-fails-once", "exit 0", "by retry", "by retry", "by retry"},
    {"remove-fails-scope", "exit 0", "at scope end", "at scope end",
     "at scope end"},
    {"remove-fails-exit", "exit 0", kLeft, "at exit", "at exit"},
    {"undeletable", "exit 0", kLeft, kLeft, kLeft, 3, "PERMISSION_DENIED"},
    {"open-file", "exit 0", "at scope end", "at scope end", "at scope end"},
    {"disk-full", "exit 0", "at scope end", "at scope end", "at scope end"},
    {"replaced", "exit 0", kLeft, kLeft, kLeft, 4, "FAILED_PRECONDITION"},
    {"created-at-exit", "exit 0", "later at exit", "later at exit",
     "later at exit"},
    {"leaked-at-exit", "exit 0", kLeft, "later at exit", "later at exit"},

    {"emptydir-exit", "exit 0", kLeft, "at exit", "at exit"},
    {"emptydir-sigkill", "SIGKILL", kLeft, kLeft, kLeft},
    {"overlay-exit", "exit 0", kLeft, "at exit", "at exit"},
    {"overlay-sigkill", "SIGKILL", kLeft, kLeft, kLeft},
    {"rootless-exit", "exit 0", kLeft, "at exit", "at exit"},
    {"rootless-sigkill", "SIGKILL", kLeft, kLeft, kLeft},
};

// The comparison, run once.
struct Result {
  int exit_code;
  std::string errors;
  std::map<std::string, json> scenarios;  // by name
};

const Result& TheResult() {
  static const Result& result = *[] {
    const finalize_test::ToolRun run =
        finalize_test::Compare({"--format=json", "--columns=own"});
    auto* made = new Result{run.exit_code, run.errors, {}};
    const json output = json::parse(run.output);
    for (const json& scenario : output["scenarios"]) {
      made->scenarios[scenario["name"]] = scenario;
    }
    return made;
  }();
  return result;
}

std::string EndingText(const json& ending) {
  return ending.contains("signal")
             ? ending["signal"].get<std::string>()
             : "exit " + std::to_string(ending["exit"].get<int>());
}

class CellTest : public testing::TestWithParam<Want> {
 protected:
  void ExpectCell(const char* column, const std::string& want) {
    ASSERT_EQ(TheResult().scenarios.count(GetParam().scenario), 1u);
    const json& cell =
        TheResult().scenarios.at(GetParam().scenario)["cells"][column];
    SCOPED_TRACE(cell.dump(2));
    if (cell["state"] == "not played") {
      EXPECT_TRUE(finalize_test::MachineRefusesPlaces());
      EXPECT_NE(cell["refusal"], "");
      return;
    }
    EXPECT_EQ(EndingText(cell["ending"]), GetParam().ending);
    EXPECT_EQ(cell["stdout"], "");
    ExpectErrors(cell["stderr"]);
    if (want == kLeft) {
      EXPECT_EQ(cell["state"], "left");
      EXPECT_EQ(cell["files"], GetParam().files);
      EXPECT_EQ(cell["bytes"], GetParam().files * 4096);
    } else {
      EXPECT_EQ(cell["state"], "removed");
      EXPECT_EQ(cell["removed"], want);
      EXPECT_EQ(cell["files"], 0);
      EXPECT_EQ(cell["directories"], 0);
    }
    EXPECT_TRUE(cell["as_expected"].get<bool>());
    EXPECT_NE(cell["why"], "");
  }

 private:
  void ExpectErrors(const std::string& errors) {
    if (*GetParam().says == '\0') {
      EXPECT_EQ(errors, "");
    } else {
      EXPECT_NE(errors.find(GetParam().says), std::string::npos);
    }
  }
};

TEST_P(CellTest, DestructorStyle) {
  ExpectCell("destructor", GetParam().destructor);
}

TEST_P(CellTest, FinalizerStyle) {
  ExpectCell("finalizer", GetParam().finalizer);
}

TEST_P(CellTest, FinalizerStyleWithExitHooks) {
  ExpectCell("hooks", GetParam().hooks);
}

// C23
TEST_P(CellTest, FinalizerStyleWithCrashTier) {
  const std::string name = GetParam().scenario;
  const bool fault = name == "sigsegv" || name == "sigsegv-busy";
  ExpectCell("crash", name == "abort" ? "at abort"
                      : fault         ? "by the signal"
                                      : GetParam().hooks);
}

// C30
TEST_P(CellTest, FinalizerStyleWithReaperProcess) {
  const std::string hooks = GetParam().hooks;
  // Its child holds what it left, and lives on.
  const bool held = GetParam().scenario == std::string("fork-daemon");
  ExpectCell("reaper",
             hooks == kLeft && !held ? "by the reaper process" : hooks);
}

// C30: nothing is left, whatever happened.
TEST_P(CellTest, FinalizerStyleAfterTheNextStart) {
  const std::string hooks = GetParam().hooks;
  ExpectCell("restart", hooks == kLeft ? "at the next start" : hooks);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, CellTest, testing::ValuesIn(kWants),
                         [](const testing::TestParamInfo<Want>& info) {
                           std::string name = info.param.scenario;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

TEST(CompareTempdirsTest, HasAnExpectationForEveryScenario) {
  std::set<std::string> wanted;
  for (const Want& want : kWants) wanted.insert(want.scenario);
  for (const auto& [name, scenario] : TheResult().scenarios) {
    EXPECT_EQ(wanted.count(name), 1u) << name;
    EXPECT_EQ(scenario["cells"].size(), 6u) << name;
  }
  EXPECT_EQ(TheResult().scenarios.size(), wanted.size());
}

TEST(CompareTempdirsTest, ReturnsZeroAndSaysNothingIfAllIsAsExpected) {
  EXPECT_EQ(TheResult().exit_code, 0);
  EXPECT_EQ(TheResult().errors, "");
}

}  // namespace
