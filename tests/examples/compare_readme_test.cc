// The README's table is the one that compare_tempdirs makes. Where it is not:
//   tools/compare --update=README.md

#include <fstream>
#include <iterator>
#include <string>

#include "examples/compare/print/marked_section.h"
#include "gtest/gtest.h"
#include "tests/examples/tool_run.h"

namespace {

TEST(ReadmeTest, HasTheCurrentComparison) {
  std::ifstream file("README.md");
  ASSERT_TRUE(file) << "README.md";
  const std::string readme(std::istreambuf_iterator<char>(file), {});
  const auto section = compare::MarkedSection(readme);
  ASSERT_TRUE(section.ok()) << section.status();
  const finalize_test::ToolRun run =
      finalize_test::Compare({"--format=markdown"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_EQ(*section, run.output) << "run tools/compare --update=README.md";
}

}  // namespace
