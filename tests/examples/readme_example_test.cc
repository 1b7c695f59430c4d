// What the README quotes is true: its first example is examples/quick_start.cc
// to the letter, and prints what the README says it prints; so with the others.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <regex>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
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

// The first fenced block of `language` in the README after `heading`.
std::string FirstBlock(const std::string& language,
                       const std::string& heading = "# finalize\n") {
  const std::string readme = Contents("README.md");
  const std::string fence = "```" + language + "\n";
  const size_t section = readme.find(heading);
  if (section == std::string::npos) return "no section";
  const size_t start = readme.find(fence, section);
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

constexpr char kWeakHeading[] = "\n## Weak references\n";

// Addresses differ from run to run.
std::string WithoutAddresses(const std::string& text) {
  return std::regex_replace(text, std::regex("0x[0-9a-f]+"), "0x0");
}

TEST(ReadmeTest, WeakTourHasTheCache) {
  EXPECT_THAT(Contents("examples/weak_tour.cc"),
              testing::HasSubstr(FirstBlock("c++", kWeakHeading)));
}

TEST(ReadmeTest, WeakTourPrintsWhatItSays) {
  EXPECT_EQ(WithoutAddresses(FirstBlock("text", kWeakHeading)),
            WithoutAddresses(OutputOf("examples/weak_tour")));
}

}  // namespace
