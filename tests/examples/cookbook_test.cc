// SPDX-License-Identifier: Apache-2.0

// The programs of docs/cookbook.md are what it quotes, print what it says, end
// as they should, and leave nothing behind.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/private_mounts.h"

namespace {

namespace fs = std::filesystem;
using finalize_test::ChildOptions;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::EnterPrivateMounts;
using testing::ElementsAreArray;
using testing::EndsWith;

constexpr char kPrograms[] = "examples/cookbook/";

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

const std::string& Page() {
  static const auto& page = *new auto(Contents("docs/cookbook.md"));
  return page;
}

std::string Link(const std::string& name) {
  return "](../examples/cookbook/" + name + ".cc)";
}

// The first fenced block of `language` behind the link to a program, in the
// same section.
std::string Block(const std::string& name, const std::string& language) {
  const size_t link = Page().find(Link(name));
  if (link == std::string::npos) return "no link to it";
  const size_t section_end = Page().find("\n## ", link);
  const std::string fence = "\n```" + language + "\n";
  const size_t start = Page().find(fence, link);
  if (start > section_end) return "no block of " + language;
  const size_t text = start + fence.size();
  return Page().substr(text, Page().find("```\n", text) - text);
}

std::vector<std::string> Names(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// A TMPDIR of one program. Its path is short, for sockets.
class Scratch {
 public:
  Scratch() {
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  ~Scratch() { fs::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/cookbookXXXXXX";
};

// How a program is run, and how it ends. "@" in an argument is its TMPDIR.
struct Recipe {
  std::string name;
  std::vector<std::string> arguments = {};
  int exit_code = 0;
  // If set: what it prints when it works. Something must be in its TMPDIR then.
  std::string ready = {};
  // What happens then: unless this is set, a SIGTERM, by which it dies.
  std::function<void(ChildProcess&)> then = {};
  // What it leaves in its TMPDIR.
  std::vector<std::string> left = {};
};

void PrintTo(const Recipe& recipe, std::ostream* stream) {
  *stream << recipe.name;
}

// Sends a SIGTERM. Waits for the end, before which Await() would close the
// standard input: a program may end by that, too.
void Terminate(ChildProcess& process) {
  process.Signal(SIGTERM);
  siginfo_t info;
  EXPECT_EQ(waitid(P_PID, process.pid(), &info, WEXITED | WNOWAIT), 0);
}

ChildResult RunRecipe(const Recipe& recipe, const std::string& directory) {
  std::vector<std::string> words = {kPrograms + recipe.name};
  for (std::string word : recipe.arguments) {
    if (word[0] == '@') word.replace(0, 1, directory);
    words.push_back(word);
  }
  ChildOptions options;
  options.environment = {{"TMPDIR", directory},
                         // Some leak on purpose.
                         {"LSAN_OPTIONS", "detect_leaks=0"}};
#ifdef COOKBOOK_TSAN
  // In a child that was forked beside another thread, such as the one that
  // reaps, ThreadSanitizer holds signals back while a call blocks.
  options.environment.emplace_back("FINALIZE_REAP", "0");
#endif
  ChildProcess process(words, options);
  if (!recipe.ready.empty()) {
    EXPECT_TRUE(process.AwaitOutput(recipe.ready));
    EXPECT_FALSE(fs::is_empty(directory)) << "nothing to remove";
    if (recipe.then == nullptr) {
      Terminate(process);
    } else {
      recipe.then(process);
    }
  }
  return process.Await();
}

void Check(const Recipe& recipe) {
  const Scratch scratch;
  const ChildResult run = RunRecipe(recipe, scratch.path());
  if (recipe.ready.empty() || recipe.then != nullptr) {
    EXPECT_TRUE(run.Exited(recipe.exit_code)) << run;
  } else {
    EXPECT_TRUE(run.Killed(SIGTERM)) << run;
  }
  EXPECT_EQ(run.out, Block(recipe.name, "text"));
  EXPECT_EQ(run.err, "");
  EXPECT_THAT(Names(scratch.path()), ElementsAreArray(recipe.left));
}

const std::vector<Recipe>& Recipes() {
  static const auto& recipes = *new std::vector<Recipe>{
      {"callback_result"},
      {"daemon", {"@/pid"}},
      {"forgetting_cache"},
      {"lock_file",
       {"@/config"},
       0,
       "locked\n",
       [](ChildProcess& process) { process.Send("new contents\n"); },
       {"config"}},
      {"notes"},
      {"phase_limit", {}, 3},
      {"pid_file", {"@/pid"}, 0, "serving\n"},
      {"prefork"},
      {"publish_file", {"@/report"}, 0, "", nullptr, {"report"}},
      {"replace_atexit"},
      {"replace_cleanup", {"@/first", "@/second"}, 3, "", nullptr, {"first"}},
      {"replace_singleton"},
      {"retry_at_exit"},
      {"rollback"},
      {"socket_path", {"@/socket"}, 0, "listening\n"},
      {"temp_dir_at_sigterm", {}, 0, "working\n"},
      {"thread_pool"},
      {"who_hangs"},
      {"without_exceptions"},
#ifdef COOKBOOK_STATIC
      {"static_binary", {}, 0, "dynamic linker: none\n"},
#endif
  };
  return recipes;
}

class CookbookTest : public testing::TestWithParam<Recipe> {};

TEST_P(CookbookTest, PrintsWhatThePageSaysAndLeavesNothing) {
  Check(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Page, CookbookTest, testing::ValuesIn(Recipes()),
                         [](const auto& recipe) { return recipe.param.name; });

TEST(CookbookPageTest, QuotesEachProgram) {
  for (const std::string& file : Names(kPrograms)) {
    const size_t suffix = file.find(".cc");
    if (suffix == std::string::npos) continue;
    const std::string block = Block(file.substr(0, suffix), "cpp");
    EXPECT_GT(block.size(), 100u) << file;
    EXPECT_THAT(Contents(kPrograms + file), EndsWith("\n" + block)) << file;
  }
}

// Each program is run above, or has a test below.
TEST(CookbookPageTest, HasATestOfEachProgram) {
  std::vector<std::string> run = {
      "cgroup",       "child_processes",   "event_loop",
      "mount",        "network_namespace", "shared_memory",
      "terminal_mode"};
  for (const Recipe& recipe : Recipes()) run.push_back(recipe.name);
  std::sort(run.begin(), run.end());
  std::vector<std::string> programs;
  for (const std::string& file : Names(kPrograms)) {
    if (file.find('.') == std::string::npos) programs.push_back(file);
  }
  EXPECT_THAT(programs, ElementsAreArray(run));
}

#ifndef COOKBOOK_TSAN  // ThreadSanitizer delays the handler until read()
                       // returns
TEST(CookbookLockFileTest, IsRemovedBySigterm) {
  const Scratch scratch;
  const ChildResult run =
      RunRecipe({"lock_file", {"@/config"}, 0, "locked\n"}, scratch.path());
  EXPECT_TRUE(run.Killed(SIGTERM)) << run;
  EXPECT_EQ(run.out, "locked\n");
  EXPECT_THAT(Names(scratch.path()), testing::IsEmpty());
}
#endif

TEST(CookbookPidFileTest, RefusesASecondInstance) {
  const Scratch scratch;
  const std::string file = scratch.path() + "/pid";
  ChildProcess first({kPrograms + std::string("pid_file"), file});
  ASSERT_TRUE(first.AwaitOutput("serving\n"));
  EXPECT_EQ(Contents(file), std::to_string(first.pid()) + "\n");
  const ChildResult second =
      finalize_test::RunChild({kPrograms + std::string("pid_file"), file});
  EXPECT_TRUE(second.Exited(1)) << second;
  EXPECT_EQ(Contents(file), std::to_string(first.pid()) + "\n");
  first.Signal(SIGTERM);
  EXPECT_TRUE(first.Await().Killed(SIGTERM));
}

TEST(CookbookEventLoopTest, FinishesItsWorkAtSigterm) {
  ChildProcess process({kPrograms + std::string("event_loop")});
  ASSERT_TRUE(process.AwaitOutput("ready\n"));
  process.Send("a request\n");
  ASSERT_TRUE(process.AwaitOutput("answer to a request\n"));
  Terminate(process);
  const ChildResult run = process.Await();
  EXPECT_TRUE(run.Killed(SIGTERM)) << run;
  EXPECT_EQ(run.out, Block("event_loop", "text"));
}

TEST(CookbookSharedMemoryTest, IsRemovedBySigterm) {
  const std::string name = "/cookbook." + std::to_string(getpid());
  ChildProcess process({kPrograms + std::string("shared_memory"), name});
  ASSERT_TRUE(process.AwaitOutput("sharing\n"));
  EXPECT_TRUE(fs::exists("/dev/shm" + name));
  process.Signal(SIGTERM);
  const ChildResult run = process.Await();
  EXPECT_TRUE(run.Killed(SIGTERM)) << run;
  EXPECT_EQ(run.out, Block("shared_memory", "text"));
  EXPECT_FALSE(fs::exists("/dev/shm" + name));
}

// Await() returns when the child of the child has closed its output, too.
TEST(CookbookChildProcessesTest, EndWithTheirParent) {
  ChildProcess process({kPrograms + std::string("child_processes")});
  ASSERT_TRUE(process.AwaitOutput("working\n"));
  process.Signal(SIGTERM);
  const ChildResult run = process.Await();
  EXPECT_TRUE(run.Killed(SIGTERM)) << run;
  EXPECT_EQ(run.out, Block("child_processes", "text"));
}

// In its own mount namespace, which other programs do not see.
TEST(CookbookMountTest, IsUndoneBySigterm) {
  const Scratch scratch;
  ChildOptions options;
  options.environment = {{"TMPDIR", scratch.path()}};
  ASSERT_EQ(EnterPrivateMounts(), "");
  ChildProcess process({kPrograms + std::string("mount")}, options);
  ASSERT_TRUE(process.AwaitOutput("mounted\n"));
  EXPECT_THAT(Contents("/proc/" + std::to_string(process.pid()) + "/mounts"),
              testing::HasSubstr(scratch.path()));
  process.Signal(SIGTERM);
  const ChildResult run = process.Await();
  EXPECT_TRUE(run.Killed(SIGTERM)) << run;
  EXPECT_EQ(run.out, Block("mount", "text"));
  EXPECT_EQ(run.err, "");
  EXPECT_THAT(Names(scratch.path()), testing::IsEmpty());
}

// In its own mount namespace, too.
TEST(CookbookNetworkNamespaceTest, LosesItsNameAtSigterm) {
  const Scratch scratch;
  const std::string name = scratch.path() + "/lab";
  ASSERT_EQ(EnterPrivateMounts(), "");
  ChildProcess process({kPrograms + std::string("network_namespace"), name});
  ASSERT_TRUE(process.AwaitOutput("the namespace has a name\n"));
  EXPECT_THAT(Contents("/proc/" + std::to_string(process.pid()) + "/mounts"),
              testing::HasSubstr("nsfs " + name));
  process.Signal(SIGTERM);
  const ChildResult run = process.Await();
  EXPECT_TRUE(run.Killed(SIGTERM)) << run;
  EXPECT_EQ(run.out, Block("network_namespace", "text"));
  EXPECT_EQ(run.err, "");
  EXPECT_THAT(Names(scratch.path()), testing::IsEmpty());
}

// As a user who may not: the file is removed, too.
TEST(CookbookNetworkNamespaceTest, LeavesNothingIfItIsRefused) {
  const Scratch scratch;
  const ChildResult run = finalize_test::RunChild(
      {"/usr/bin/setpriv", "--bounding-set=-sys_admin", "--inh-caps=-all",
       kPrograms + std::string("network_namespace"), scratch.path() + "/lab"});
  EXPECT_TRUE(run.Exited(1)) << run;
  EXPECT_THAT(run.err, testing::HasSubstr("Operation not permitted"));
  EXPECT_THAT(Names(scratch.path()), testing::IsEmpty());
}

bool Echoes(int terminal) {
  termios mode = {};
  EXPECT_EQ(tcgetattr(terminal, &mode), 0);
  return (mode.c_lflag & ECHO) != 0;
}

TEST(CookbookTerminalModeTest, IsRestoredBySigterm) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  ASSERT_EQ(grantpt(terminal), 0);
  ASSERT_EQ(unlockpt(terminal), 0);
  const std::string name = ptsname(terminal);
  ASSERT_TRUE(Echoes(terminal));
  ChildProcess process({kPrograms + std::string("terminal_mode"), name});
  ASSERT_TRUE(process.AwaitOutput("raw\n"));
  EXPECT_FALSE(Echoes(terminal));
  process.Signal(SIGTERM);
  const ChildResult run = process.Await();
  EXPECT_TRUE(run.Killed(SIGTERM)) << run;
  EXPECT_EQ(run.out, Block("terminal_mode", "text"));
  EXPECT_TRUE(Echoes(terminal));
  close(terminal);
}

}  // namespace
