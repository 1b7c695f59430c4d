// SPDX-License-Identifier: Apache-2.0

// What InstallExitHooks changes in a process, as strace sees it.
#include <cstdlib>
#include <fstream>
#include <regex>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// The calls of a helper program that change handlers, threads and descriptors,
// one a line: the call's name, and for a handler the signal and what is done.
std::string Effects(const std::string& how) {
  const std::string path =
      std::string(getenv("TEST_TMPDIR")) + "/hooks_effect_" + how;
  const ChildResult result = RunChild(
      {"/usr/bin/strace", "-f", "-o", path, "-e",
       "trace=rt_sigaction,clone,clone3,fork,vfork,eventfd2,timer_create,"
       "writev,sigaltstack,pipe2,fcntl",
       HelperPath("hooks_effect_child"), how});
  EXPECT_TRUE(result.Exited(0)) << result;
  std::ifstream file(path);
  const std::regex call("^[0-9]+ +([a-z0-9_]+)\\((.*)$");
  const std::regex look("^(SIG[A-Z0-9_]+), NULL, .*");
  const std::regex install(
      "^(SIG[A-Z0-9_]+), \\{sa_handler=0x[0-9a-f]+, sa_mask=\\[\\], "
      "sa_flags=SA_RESTORER\\|SA_ONSTACK\\|SA_RESTART\\|SA_SIGINFO, .*");
  const std::regex install_for_crash(
      "^(SIG[A-Z0-9_]+), \\{sa_handler=0x[0-9a-f]+, sa_mask=~\\[.*\\], "
      "sa_flags=SA_RESTORER\\|SA_ONSTACK\\|SA_NODEFER\\|SA_SIGINFO, .*");
  std::string effects;
  bool started = false;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, call)) continue;
    const std::string name = match[1];
    std::string rest = match[2];
    if (rest.find("\"start") != std::string::npos) started = true;
    if (rest.find("\"end") != std::string::npos) break;
    // The C library's own signals, in its first thread.
    if (!started || name == "writev" || rest.rfind("SIGRT", 0) == 0) continue;
    if (name != "rt_sigaction") rest = name;
    rest = std::regex_replace(rest, look, "look at $1");
    rest = std::regex_replace(rest, install, "install $1");
    effects += std::regex_replace(rest, install_for_crash, "install $1") + "\n";
  }
  return effects;
}

// C19: nothing before the call.
TEST(HooksEffectTest, IsNoneBeforeTheCall) { EXPECT_EQ(Effects("none"), ""); }

// C22, C19: a look at each signal, a handler for it, and one thread.
TEST(HooksEffectTest, IsOneHandlerASignalAndAThread) {
  EXPECT_EQ(Effects("default"),
            "clone3\n"
            "look at SIGHUP\ninstall SIGHUP\n"
            "look at SIGINT\ninstall SIGINT\n"
            "look at SIGTERM\ninstall SIGTERM\n");
}

// C22: what is handled or ignored is only looked at.
TEST(HooksEffectTest, LeavesOtherHandlers) {
  EXPECT_EQ(Effects("handled"),
            "clone3\n"
            "look at SIGHUP\ninstall SIGHUP\n"
            "look at SIGINT\n"
            "look at SIGTERM\ninstall SIGTERM\n");
  EXPECT_EQ(Effects("ignored"),
            "clone3\n"
            "look at SIGHUP\n"
            "look at SIGINT\ninstall SIGINT\n"
            "look at SIGTERM\ninstall SIGTERM\n");
}

// C22: all that there is to ask for.
TEST(HooksEffectTest, AddsADescriptorOnRequest) {
  EXPECT_EQ(Effects("all"),
            "clone3\neventfd2\n"
            "look at SIGHUP\ninstall SIGHUP\n"
            "look at SIGINT\ninstall SIGINT\n"
            "look at SIGUSR1\ninstall SIGUSR1\n"
            "look at SIGTERM\ninstall SIGTERM\n");
}

// C22: without signals there is no handler and no thread.
TEST(HooksEffectTest, IsNoThreadWithoutSignals) {
  EXPECT_EQ(Effects("no-signals"), "");
}

// C23: for crashes a stack, descriptors in reserve, and a handler a signal.
TEST(HooksEffectTest, IsAStackAndDescriptorsForCrashes) {
  std::string expected = "sigaltstack\nsigaltstack\npipe2\n";
  for (int i = 0; i < 6; ++i) expected += "fcntl\n";
  for (const char* signal :
       {"SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT"}) {
    expected += std::string("look at ") + signal + "\ninstall " + signal + "\n";
  }
  // For the list of what was taken.
  for (const char* signal :
       {"SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT"}) {
    expected += std::string("look at ") + signal + "\n";
  }
  EXPECT_EQ(Effects("crash"), expected);
}

// C22: a second call finds everything there.
TEST(HooksEffectTest, IsNoSecondThread) {
  EXPECT_EQ(Effects("twice"),
            "clone3\n"
            "look at SIGHUP\ninstall SIGHUP\n"
            "look at SIGINT\ninstall SIGINT\n"
            "look at SIGTERM\ninstall SIGTERM\n"
            "look at SIGHUP\nlook at SIGINT\nlook at SIGTERM\n");
}

}  // namespace
