// SPDX-License-Identifier: Apache-2.0

// No symbol of the library is unique in the process (STB_GNU_UNIQUE): such a
// symbol keeps a module from being unmapped, and two copies of the library
// would share what it names. gcc makes one of each inline variable, each static
// object of an inline function and each static member of a template.
//
// Reads with nm all objects of the library, and one that uses every template
// of its headers.
#include <cctype>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::RunChild;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// Our namespaces as they stand in a mangled name, alone or as part of another
// name.
bool IsOurs(const std::string& symbol) {
  for (const char* name :
       {"8finalize", "17finalize_internal", "7tempdir", "16tempdir_internal"}) {
    const size_t at = symbol.find(name);
    if (at != std::string::npos && (at == 0 || !isdigit(symbol[at - 1]))) {
      return true;
    }
  }
  return false;
}

// The output of nm: "file.o: name type value size" a line.
std::string SymbolsOf(const std::vector<std::string>& objects) {
  std::vector<std::string> command = {"/usr/bin/nm", "-A", "-P"};
  command.insert(command.end(), objects.begin(), objects.end());
  const ChildResult result = RunChild(command);
  EXPECT_TRUE(result.Exited(0)) << result.err;
  return result.out;
}

std::vector<std::string> UniqueSymbols(const std::string& symbols) {
  std::vector<std::string> found;
  std::istringstream lines(symbols);
  std::string file, name, type, rest;
  while (lines >> file >> name >> type && std::getline(lines, rest)) {
    if (type == "u" && IsOurs(name)) found.push_back(file + name);
  }
  return found;
}

std::vector<std::string>& objects = *new std::vector<std::string>;

std::vector<std::string> ObjectsWith(const std::string& name, bool with) {
  std::vector<std::string> chosen;
  for (const std::string& object : objects) {
    const bool has = object.find(name) != std::string::npos;
    if (has == with) chosen.push_back(object);
  }
  return chosen;
}

constexpr char kPlant[] = "unique_symbol_plant";

// C36, C24: neither in the library nor in what its headers give a user's code.
TEST(UniqueSymbolTest, LibraryHasNone) {
  const std::string symbols = SymbolsOf(ObjectsWith(kPlant, false));
  EXPECT_THAT(UniqueSymbols(symbols), IsEmpty());
  // All was looked at.
  EXPECT_THAT(symbols, HasSubstr("finalize_internal"));
  EXPECT_THAT(symbols, HasSubstr("tempdir_internal"));
  EXPECT_THAT(symbols, HasSubstr("10kConstants"));
}

// gcc's are found where there are some. (clang makes none.)
TEST(UniqueSymbolTest, PlantedOnesAreFound) {
  const std::vector<std::string> planted = ObjectsWith(kPlant, true);
  ASSERT_THAT(planted, SizeIs(1));
  const std::vector<std::string> found = UniqueSymbols(SymbolsOf(planted));
#ifdef __clang__
  EXPECT_THAT(found, IsEmpty());
#else
  EXPECT_THAT(found, UnorderedElementsAre(HasSubstr("PlantedFunction"),
                                          HasSubstr("planted_variable")));
#endif
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  objects.assign(argv + 1, argv + argc);
  return RUN_ALL_TESTS();
}
