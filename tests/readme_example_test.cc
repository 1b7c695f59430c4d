// The README's first screen is true: its example is examples/quick_start.cc to
// the letter, and prints what the README says it prints.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace {

std::string Runfile(const std::string& path) {
  const char* root = std::getenv("TEST_SRCDIR");
  const char* workspace = std::getenv("TEST_WORKSPACE");
  EXPECT_NE(root, nullptr);
  EXPECT_NE(workspace, nullptr);
  return std::string(root) + "/" + workspace + "/" + path;
}

std::string Contents(const std::string& path) {
  std::ifstream file(Runfile(path));
  EXPECT_TRUE(file.is_open()) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The first fenced block of `language` in the README.
std::string FirstBlock(const std::string& language) {
  const std::string readme = Contents("README.md");
  const std::string fence = "```" + language + "\n";
  const size_t start = readme.find(fence);
  if (start == std::string::npos) return "no block";
  const size_t text = start + fence.size();
  return readme.substr(text, readme.find("```", text) - text);
}

// The example leaks an object on purpose: AddressSanitizer is told so.
std::string OutputOf(const std::string& program,
                     const std::string& argument = "") {
  const std::string command = "LSAN_OPTIONS=detect_leaks=0 exec '" +
                              Runfile(program) + "' " + argument + " 2>&1";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"),
                                             &pclose);
  if (pipe == nullptr) return "cannot be run";
  std::string output;
  for (int c = fgetc(pipe.get()); c != EOF; c = fgetc(pipe.get())) {
    output.push_back(static_cast<char>(c));
  }
  return output;
}

TEST(ReadmeTest, ExampleIsTheCompiledOne) {
  EXPECT_EQ(FirstBlock("cpp"), Contents("examples/quick_start.cc"));
}

TEST(ReadmeTest, ServiceEndsAsItSays) {
  EXPECT_EQ(FirstBlock("console"),
            OutputOf("examples/at_exit_hooks", "sigterm"));
}

TEST(ReadmeTest, ExamplePrintsWhatItSays) {
  EXPECT_EQ(FirstBlock("text"), OutputOf("examples/quick_start"));
}

}  // namespace
