// SPDX-License-Identifier: Apache-2.0

// The table in docs/comparison.md is the one that compare_tempdirs prints. If
// it is not:
//   tools/compare --update=docs/comparison.md

#include <fstream>
#include <iterator>
#include <string>

#include "examples/compare/print/marked_section.h"
#include "gtest/gtest.h"
#include "tests/examples/tool_run.h"

namespace {

constexpr char kDocument[] = "docs/comparison.md";

TEST(ComparisonDocumentTest, HasTheCurrentTable) {
  std::ifstream file(kDocument);
  ASSERT_TRUE(file) << kDocument;
  const std::string document(std::istreambuf_iterator<char>(file), {});
  const auto section = compare::MarkedSection(document);
  ASSERT_TRUE(section.ok()) << section.status();
  const finalize_test::ToolRun run =
      finalize_test::Compare({"--format=markdown"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_EQ(*section, run.output) << "run tools/compare --update=" << kDocument;
}

}  // namespace
