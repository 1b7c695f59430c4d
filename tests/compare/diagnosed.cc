// SPDX-License-Identifier: Apache-2.0

#include "tests/compare/diagnosed.h"

#include "gtest/gtest.h"
#include "tests/compare/tool_run.h"

namespace finalize_test {
namespace {

using nlohmann::json;

// What the exit status and the findings have to do with each other, anywhere.
void ExpectSound(const json& diagnosis, int exit_code) {
  bool holds = true;
  for (const json& finding : diagnosis["findings"]) {
    const bool spoils =
        finding["verdict"] == "weaker" || finding["verdict"] == "fails";
    if (spoils) holds = false;
    EXPECT_NE(finding["found"], "") << finding;
    EXPECT_NE(finding["meaning"], "") << finding;
    if (spoils) {
      EXPECT_NE(finding["advice"], "") << finding;
    }
  }
  EXPECT_EQ(diagnosis["holds"], holds);
  EXPECT_EQ(exit_code, holds ? 0 : 1);
}

}  // namespace

json FindingNamed(const json& diagnosis, const std::string& name) {
  if (diagnosis.is_object()) {
    for (const json& finding : diagnosis["findings"]) {
      if (finding["name"] == name) return finding;
    }
  }
  ADD_FAILURE() << "no finding " << name;
  return {{"verdict", ""}, {"found", ""}, {"meaning", ""}, {"advice", ""}};
}

json Diagnosed(const std::function<void()>& setup) {
  const ToolRun run = Compare({"--doctor", "--format=json"}, setup);
  EXPECT_EQ(run.errors, "");
  const json diagnosis = json::parse(run.output);
  ExpectSound(diagnosis, run.exit_code);
  return diagnosis;
}

}  // namespace finalize_test
