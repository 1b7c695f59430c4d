// SPDX-License-Identifier: Apache-2.0

// What has to come of the columns of what people use instead. As in
// compare_tempdirs_test.cc, the tables are written out a second time here. Each
// says when the directory is removed, or "left", or "-" where the language does
// not have that; and how the process ends, where not as in the library's
// columns.

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/compare/tool_run.h"

namespace {

using finalize_test::Compare;
using finalize_test::ToolRun;
using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

// By scenario.
using Wants = std::map<std::string, std::string>;

const Wants& MkdtempWants() {
  static const Wants& wants = *new Wants{
      {"scope-end", "at scope end"},
      {"remove", "by Remove()"},
      {"remove-twice", "by Remove()"},
      {"moved", "at scope end"},
      {"assigned-over", "at scope end"},
      {"returned", "at scope end"},
      {"exception-caught", "by exception"},
      {"return-from-main", "at return"},
      {"exit-nested", "left"},
      {"exit-other-thread", "left"},
      {"quick-exit", "left"},
      {"underscore-exit", "left"},
      {"exec", "left"},
      {"sigterm", "left"},
      {"sigint", "left"},
      {"sighup", "left"},
      {"sigterm-twice", "left"},
      {"sigterm-again", "left"},
      {"sigterm-in-exit", "left"},
      {"sigkill", "left"},
      {"exception-uncaught", "left"},
      {"terminate", "left"},
      {"abort", "left"},
      {"sigsegv", "left"},
      {"sigsegv-busy", "left"},
      {"fork-child-exits", "by the parent"},
      {"fork-child-returns", "by the child"},
      {"fork-child-killed", "by the parent"},
      {"fork-parent-first", "by the parent"},
      {"fork-daemon", "by the child"},
      {"fork-daemon-adopts", "-"},
      {"owner-throws", "by exception"},
      {"heap-leaked", "left"},
      {"shared-cycle", "left"},
      {"global", "at exit"},
      {"static-local", "at exit"},
      {"thread-local", "at exit"},
      {"thread-local-ended", "at thread end"},
      {"detached-thread", "left"},
      {"fiber-destroyed", "left"},
      {"fiber-suspended", "left"},
      {"remove-fails-once", "by retry"},
      {"remove-fails-scope", "at scope end"},
      {"remove-fails-exit", "left"},
      {"undeletable", "left"},
      {"open-file", "at scope end"},
      {"disk-full", "at scope end"},
      {"replaced", "left"},
      {"created-at-exit", "later at exit"},
      {"leaked-at-exit", "left"},
      {"emptydir-exit", "left"},
      {"emptydir-sigkill", "left"},
      {"overlay-exit", "left"},
      {"overlay-sigkill", "left"},
      {"rootless-exit", "left"},
      {"rootless-sigkill", "left"},
  };
  return wants;
}

const Wants& PythonDelWants() {
  static const Wants& wants = *new Wants{
      {"scope-end", "at scope end"},
      {"remove", "by Remove()"},
      {"remove-twice", "by Remove()"},
      {"moved", "at scope end"},
      {"assigned-over", "at scope end"},
      {"returned", "at scope end"},
      {"exception-caught", "at the end of the handler"},
      {"return-from-main", "at return"},
      {"exit-nested", "at exit"},
      {"exit-other-thread", "-"},
      {"quick-exit", "-"},
      {"underscore-exit", "left"},
      {"exec", "left"},
      {"sigterm", "left"},
      {"sigint", "by the signal"},
      {"sighup", "left"},
      {"sigterm-twice", "left"},
      {"sigterm-again", "left"},
      {"sigterm-in-exit", "left"},
      {"sigkill", "left"},
      {"exception-uncaught", "at exit; exit 1"},
      {"terminate", "-"},
      {"abort", "left"},
      {"sigsegv", "left"},
      {"sigsegv-busy", "left"},
      {"fork-child-exits", "by the child"},
      {"fork-child-returns", "by the child"},
      {"fork-child-killed", "by the parent"},
      {"fork-parent-first", "by the parent"},
      {"fork-daemon", "by the child"},
      {"fork-daemon-adopts", "-"},
      {"owner-throws", "at the end of the handler"},
      {"heap-leaked", "left"},
      {"shared-cycle", "at exit"},
      {"global", "at exit"},
      {"static-local", "at exit"},
      {"thread-local", "at exit"},
      {"thread-local-ended", "at thread end"},
      {"detached-thread", "left"},
      {"fiber-destroyed", "at the fiber's end"},
      {"fiber-suspended", "at exit"},
      {"remove-fails-once", "by retry"},
      {"remove-fails-scope", "at scope end"},
      {"remove-fails-exit", "at exit"},
      {"undeletable", "left"},
      {"open-file", "at scope end"},
      {"disk-full", "at scope end"},
      {"replaced", "left"},
      {"created-at-exit", "later at exit"},
      {"leaked-at-exit", "left"},
      {"emptydir-exit", "at exit"},
      {"emptydir-sigkill", "left"},
      {"overlay-exit", "at exit"},
      {"overlay-sigkill", "left"},
      {"rootless-exit", "at exit"},
      {"rootless-sigkill", "left"},
  };
  return wants;
}

Wants PythonFinalizeWants() {
  Wants wants = PythonDelWants();
  wants["heap-leaked"] = "at exit";
  wants["detached-thread"] = "at exit";
  wants["remove-fails-once"] = "left";
  wants["remove-fails-scope"] = "left";
  wants["remove-fails-exit"] = "left";
  wants["created-at-exit"] = "left";
  return wants;
}

Wants RustWants() {
  Wants wants = MkdtempWants();
  for (const char* const scenario :
       {"remove-twice", "quick-exit", "sigterm-again", "sigterm-in-exit",
        "terminate", "remove-fails-once", "created-at-exit",
        "leaked-at-exit"}) {
    wants[scenario] = "-";
  }
  for (const char* const scenario :
       {"global", "static-local", "remove-fails-scope"}) {
    wants[scenario] = "left";
  }
  wants["exception-uncaught"] = "by the panic; exit 101";
  wants["fiber-destroyed"] = "at the fiber's end";
  return wants;
}

Wants GoWants() {
  Wants wants = MkdtempWants();
  for (const char* const scenario :
       {"moved", "quick-exit", "sigterm-again", "sigterm-in-exit", "terminate",
        "abort", "fork-child-exits", "fork-child-returns", "fork-child-killed",
        "fork-parent-first", "fork-daemon", "fork-daemon-adopts",
        "static-local", "thread-local", "thread-local-ended", "fiber-destroyed",
        "created-at-exit", "leaked-at-exit"}) {
    wants[scenario] = "-";
  }
  wants["global"] = "left";
  wants["exception-uncaught"] = "by the panic; exit 2";
  wants["sigsegv"] = "left; exit 2";
  wants["sigsegv-busy"] = "left; exit 2";
  return wants;
}

// What a cell says, in the words of the tables.
std::string Words(const json& scenario, const json& cell) {
  if (cell["state"] == "not played") return "-";
  std::string words = cell["state"] == "removed"
                          ? cell["removed"].get<std::string>()
                          : cell["state"].get<std::string>();
  if (cell["ending"] != scenario["ending"]) {
    words += cell["ending"].contains("exit")
                 ? "; exit " + cell["ending"]["exit"].dump()
                 : "; " + cell["ending"]["signal"].get<std::string>();
  }
  return words;
}

bool HasColumn(const json& output, const std::string& id) {
  for (const json& column : output["columns"]) {
    if (column["id"] == id) return true;
  }
  return false;
}

void ExpectColumn(const json& output, const std::string& id,
                  const Wants& wants) {
  std::set<std::string> played;
  for (const json& scenario : output["scenarios"]) {
    const std::string name = scenario["name"];
    ASSERT_EQ(wants.count(name), 1u) << "nothing is known of " << name;
    played.insert(name);
    const json& cell = scenario["cells"][id];
    if (cell.contains("refusal")) {
      EXPECT_TRUE(finalize_test::MachineRefusesPlaces()) << cell.dump(2);
      continue;
    }
    EXPECT_EQ(Words(scenario, cell), wants.at(name))
        << id << ", " << name << ": " << cell.dump(2);
    EXPECT_TRUE(cell["as_expected"]) << cell.dump(2);
    EXPECT_NE(cell["why"], "") << name;
  }
  EXPECT_EQ(played.size(), wants.size());
}

// A column whose language is not installed is left out, with a sentence.
void ExpectColumnOrSentence(const std::string& id, const Wants& wants,
                            const std::string& language) {
  const ToolRun run =
      Compare({"--format=json", "--columns=mkdtemp," + id, "--limit=10m"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_EQ(run.errors, "");
  const json output = json::parse(run.output);
  if (HasColumn(output, id)) {
    ExpectColumn(output, id, wants);
  } else {
    EXPECT_THAT(output["summary"],
                Contains(StartsWith(language + " is left out: install ")));
  }
}

TEST(OthersTest, Mkdtemp) {
  const ToolRun run = Compare({"--format=json", "--columns=mkdtemp"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_EQ(run.errors, "");
  ExpectColumn(json::parse(run.output), "mkdtemp", MkdtempWants());
}

TEST(OthersTest, PythonDel) {
  ExpectColumnOrSentence("python-del", PythonDelWants(), "Python");
}

TEST(OthersTest, PythonFinalize) {
  ExpectColumnOrSentence("python-finalize", PythonFinalizeWants(), "Python");
}

TEST(OthersTest, Rust) { ExpectColumnOrSentence("rust", RustWants(), "Rust"); }

TEST(OthersTest, Go) { ExpectColumnOrSentence("go", GoWants(), "Go"); }

TEST(OthersTest, AreLeftOutIfTheirLanguageIsNotInstalled) {
  const auto without_programs = [] { setenv("PATH", "/does/not/exist", 1); };
  const ToolRun run = Compare(
      {"--format=json", "--columns=hooks,python*,rust,go", "--only=scope-end"},
      without_programs);
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  const json output = json::parse(run.output);
  EXPECT_EQ(output["columns"].size(), 1u);
  for (const char* const sentence :
       {"Python is left out: install python3,", "Rust is left out: install ",
        "Go is left out: install golang-go."}) {
    EXPECT_THAT(output["summary"], Contains(StartsWith(sentence)));
  }

  const ToolRun none = Compare({"--columns=python-del"}, without_programs);
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_EQ(none.output, "");
  EXPECT_THAT(none.errors, HasSubstr("install python3"));
}

// Puts a script in the place of a program.
std::function<void()> Replacing(const std::string& program,
                                const std::string& script) {
  return [=] {
    const std::string bin =
        std::string(getenv("TEST_TMPDIR")) + "/bin." + program;
    const std::string path = bin + "/" + program;
    if (mkdir(bin.c_str(), 0700) != 0 && errno != EEXIST) _exit(125);
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    if (chmod(path.c_str(), 0700) != 0) _exit(125);
    setenv("PATH", (bin + ":" + getenv("PATH")).c_str(), 1);
  };
}

constexpr char kBrokenGo[] =
    "[ $1 = version ] || { echo no disk >&2; exit 1; }";

// A compiler that fails is not one that is missing.
TEST(OthersTest, ABrokenCompilerIsAnErrorIfNothingElseIsPlayed) {
  const ToolRun run =
      Compare({"--columns=go", "--only=scope-end"}, Replacing("go", kBrokenGo));
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(run.output, "");
  EXPECT_THAT(run.errors, HasSubstr("(exit 1: no disk)"));
}

TEST(OthersTest, ABrokenCompilerTakesNoOtherColumnAway) {
  const ToolRun run =
      Compare({"--columns=hooks,go", "--only=scope-end", "--format=json"},
              Replacing("go", kBrokenGo));
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  const json output = json::parse(run.output);
  EXPECT_TRUE(HasColumn(output, "hooks"));
  EXPECT_FALSE(HasColumn(output, "go"));
  EXPECT_THAT(output["summary"],
              Contains(StartsWith("Go is left out: go does not work here "
                                  "(exit 1: no disk). It needs golang-go.")));
}

TEST(OthersTest, APythonThatFailsIsNotSaidToBeMissing) {
  const ToolRun run =
      Compare({"--columns=hooks,python-del", "--only=scope-end"},
              Replacing("python3", "echo broken >&2; exit 3"));
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("python3 does not work here"));
}

TEST(OthersTest, PythonIsAmongTheDefaultColumnsAndRustIsNot) {
  const ToolRun run = Compare({"--format=json", "--only=scope-end"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  const json output = json::parse(run.output);
  EXPECT_TRUE(HasColumn(output, "restart"));
  EXPECT_TRUE(HasColumn(output, "mkdtemp"));
  EXPECT_FALSE(HasColumn(output, "rust"));
  EXPECT_FALSE(HasColumn(output, "go"));
  if (!HasColumn(output, "python-finalize")) {
    EXPECT_THAT(output["summary"], Contains(StartsWith("Python is left out")));
  }
}

TEST(OthersTest, GetTheTreeThatTempDirsAreFilledFrom) {
  const std::string tree = std::string(getenv("TEST_TMPDIR")) + "/tree";
  const std::string make = "mkdir -p " + tree + "/a/b && echo 12345 > " + tree +
                           "/a/b/file && ln -sf nowhere " + tree + "/link";
  ASSERT_EQ(system(make.c_str()), 0);
  const ToolRun run = Compare({"--format=json", "--columns=mkdtemp,python*",
                               "--only=underscore-exit", "--fill=" + tree});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  const json output = json::parse(run.output);
  for (const json& cell : output["scenarios"][0]["cells"]) {
    EXPECT_EQ(cell["files"], 2) << cell.dump(2);  // the link as a link
    EXPECT_EQ(cell["bytes"], 6);
  }
}

}  // namespace
