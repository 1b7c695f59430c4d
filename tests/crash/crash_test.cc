// SPDX-License-Identifier: Apache-2.0

// What the exit hooks do when the process crashes, in each way to crash and
// over each kind of handler.
#include <signal.h>
#include <sys/wait.h>

#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/crash/crash_ways.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::CrashSignal;
using finalize_test::HelperPath;
using testing::HasSubstr;

class CrashTest
    : public finalize_test::TempDirFixture,
      public testing::WithParamInterface<std::tuple<const char*, const char*>> {
 protected:
  std::string way() const { return std::get<0>(GetParam()); }
  std::string before() const { return std::get<1>(GetParam()); }
  int signal() const { return CrashSignal(way()); }

  ChildResult Crash(const char* hooks) {
    return finalize_test::RunChild(
        {HelperPath("crash_child"), way(), hooks, before()});
  }
  // What is on the disk now, but for cores.
  std::vector<std::string> Left() const {
    std::vector<std::string> left;
    for (const std::string& name : finalize_test::Entries(scratch())) {
      if (name.rfind("core", 0) != 0) left.push_back(name);
    }
    return left;
  }
};

// C23: the temp dirs are gone, and all else is as without the hooks: the wait
// status with its core flag, the handler before with what it is told, and what
// it prints of the frame that crashed.
TEST_P(CrashTest, RemovesAndGoesOn) {
  const ChildResult with = Crash("with");
  EXPECT_THAT(Left(), testing::IsEmpty());
  const ChildResult without = Crash("without");
  EXPECT_EQ(Left().size(), 2u) << "the temp dirs of a crash without the hooks";
  const std::string called = "callback " + std::to_string(signal()) + "\n";
  // On a full stack the handler before needs ours to have another.
  if (way() == "overflow" && before() == "own") {
    EXPECT_TRUE(with.Exited(7)) << with;
    EXPECT_THAT(with.out, HasSubstr(called + "own handler 11\ncode 1\n"));
    return;
  }
  EXPECT_EQ(with.status, without.status) << with << without;
  EXPECT_EQ(with.out, called + without.out);
  if (before() == "own") {
    EXPECT_TRUE(with.Exited(7)) << with;
    EXPECT_THAT(with.out, HasSubstr("own handler " + std::to_string(signal())));
    return;
  }
  EXPECT_TRUE(with.Killed(signal())) << with;
  if (before() == "default") {
    EXPECT_EQ(with.err, without.err);
  }
  if (before() == "absl") {
    const std::string name = "SIG" + std::string(sigabbrev_np(signal()));
    EXPECT_THAT(with.err, HasSubstr("*** " + name + " received"));
    EXPECT_THAT(without.err, HasSubstr("*** " + name + " received"));
  }
  if (before() == "absl" && way() == "segv") {
    EXPECT_THAT(with.err, testing::ContainsRegex("PC: @ .*Segv\\(\\)"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Ways, CrashTest,
    testing::Combine(testing::Values("segv", "bus", "ill", "fpe", "abort",
                                     "raise-segv", "raise-bus", "raise-ill",
                                     "raise-fpe", "raise-abort", "overflow",
                                     "terminate", "assert", "malloc"),
                     testing::Values("default", "absl", "own")),
    [](const auto& info) {
      std::string name =
          std::string(std::get<0>(info.param)) + "_" + std::get<1>(info.param);
      for (char& c : name) c = c == '-' ? '_' : c;
      return name;
    });

}  // namespace
