// SPDX-License-Identifier: Apache-2.0

// compare_tempdirs --doctor on the variables of the library.

#include <stdlib.h>

#include <initializer_list>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/compare/diagnosed.h"
#include "tests/compare/tool_run.h"

namespace {

using finalize_test::Compare;
using finalize_test::Diagnosed;
using finalize_test::FindingNamed;
using finalize_test::ToolRun;
using nlohmann::json;
using testing::HasSubstr;

// Compare() fails the test if the directory is kept.
TEST(DoctorEnvironmentTest, SaysThatTempDirsAreKeptAndKeepsNone) {
  const json environment =
      FindingNamed(Diagnosed([] { setenv("FINALIZE_KEEP_TEMP_DIRS", "1", 1); }),
                   "environment");
  EXPECT_EQ(environment["verdict"], "weaker");
  EXPECT_EQ(environment["found"], "FINALIZE_KEEP_TEMP_DIRS=1");
}

TEST(DoctorEnvironmentTest, SaysThatNothingIsReaped) {
  const json environment = FindingNamed(
      Diagnosed([] { setenv("FINALIZE_REAP", "0", 1); }), "environment");
  EXPECT_EQ(environment["verdict"], "weaker");
  EXPECT_THAT(environment["meaning"], HasSubstr("killed processes"));
}

struct ValueCase {
  const char* name;
  const char* value;
  const char* meaning;
};

TEST(DoctorEnvironmentTest, SaysWhatEachValueDoes) {
  for (const ValueCase& set : std::initializer_list<ValueCase>{
           {"FINALIZE_KEEP_TEMP_DIRS", "0", "as if it were unset"},
           {"FINALIZE_REAP", "xx", "as if it were unset"},
           {"FINALIZE_COMPARE_DEVICES", "0", "as if it were unset"},
           {"FINALIZE_COMPARE_DEVICES", "yes", "only devices are compared"},
           {"FINALIZE_EXIT_DEADLINE", "90s", "at most 1m30s"}}) {
    const json environment = FindingNamed(
        Diagnosed([&] { setenv(set.name, set.value, 1); }), "environment");
    EXPECT_EQ(environment["verdict"], "note") << set.name;
    EXPECT_THAT(environment["meaning"], HasSubstr(set.meaning)) << set.name;
  }
}

// The library says so, too.
TEST(DoctorEnvironmentTest, SaysThatAValueIsIgnored) {
  for (const char* const value : {"zz", "0", "-1s", "inf"}) {
    const ToolRun run = Compare({"--doctor", "--format=json"}, [&] {
      setenv("FINALIZE_EXIT_DEADLINE", value, 1);
    });
    EXPECT_THAT(run.errors, HasSubstr("it is ignored"));
    EXPECT_THAT(FindingNamed(json::parse(run.output), "environment")["meaning"],
                HasSubstr("it is ignored"))
        << value;
  }
}

}  // namespace
