// SPDX-License-Identifier: Apache-2.0

// What documents say that programs print is true, and the README's first
// example is examples/quick_start.cc to the letter. (tools/check_documents
// looks at the other examples.)
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

// A source begins with it, and a document leaves it out.
const std::string kLicense = "// SPDX-License-Identifier: Apache-2.0\n\n";

// The first fenced block of `language` in a document.
std::string FirstBlock(const std::string& document,
                       const std::string& language) {
  const std::string contents = Contents(document);
  const std::string fence = "```" + language + "\n";
  const size_t start = contents.find(fence);
  if (start == std::string::npos) return "no block";
  const size_t text = start + fence.size();
  return contents.substr(text, contents.find("```", text) - text);
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
  EXPECT_EQ(kLicense + FirstBlock("README.md", "cpp"),
            Contents("examples/quick_start.cc"));
}

TEST(ReadmeTest, ExamplePrintsWhatItSays) {
  EXPECT_EQ(FirstBlock("README.md", "text"), OutputOf("examples/quick_start"));
}

TEST(ProcessEndDocumentTest, ServiceEndsAsItSays) {
  EXPECT_EQ(FirstBlock("docs/process_end.md", "console"),
            OutputOf("examples/at_exit_hooks", "sigterm"));
}

// Addresses differ from run to run.
std::string WithoutAddresses(const std::string& text) {
  return std::regex_replace(text, std::regex("0x[0-9a-f]+"), "0x0");
}

constexpr char kWeakReferences[] = "docs/weak_references.md";

TEST(WeakReferencesDocumentTest, CacheIsTheCompiledOne) {
  EXPECT_THAT(Contents("examples/weak_tour.cc"),
              testing::HasSubstr(FirstBlock(kWeakReferences, "c++")));
}

TEST(WeakReferencesDocumentTest, TourPrintsWhatItSays) {
  EXPECT_EQ(WithoutAddresses(FirstBlock(kWeakReferences, "text")),
            WithoutAddresses(OutputOf("examples/weak_tour")));
}

}  // namespace
