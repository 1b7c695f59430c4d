// SPDX-License-Identifier: Apache-2.0

// The example spool_service: archives that are made to do harm, and names.
#include <cstdio>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/spool_service/spool_kit.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::Answer;
using finalize_test::SpoolService;
using finalize_test::Tar;
using finalize_test::TarEntry;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace finalize_test;  // NOLINT(build/namespaces)

std::string Repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// A file in GNU's format, whose name may have any length.
std::string LongEntry(const std::string& name) {
  return TarEntry("././@LongLink", name + '\0', 'L') + TarEntry("x", "");
}

// A file in GNU's format that ends with a byte at 4 GiB, behind a hole.
std::string SparseEntry() {
  std::string entry = TarEntry("file", "x", 'S');
  entry.replace(257, 8, std::string("ustar  \0", 8));
  entry.replace(386, 11, "40000000000");  // its only piece
  entry.replace(398, 11, "00000000001");
  entry.replace(483, 11, "40000000001");  // its size
  entry.replace(148, 8, 8, ' ');
  size_t sum = 0;
  for (size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(entry[i]);
  char text[8];
  snprintf(text, sizeof text, "%06zo", sum);
  return entry.replace(148, 6, text);
}

std::string Little(size_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i, value >>= 8) text += static_cast<char>(value);
  return text;
}

// A zip file with an empty file; `flags` is 0x800 if its name is UTF-8.
std::string Zip(const std::string& name, size_t flags) {
  const std::string common = Little(20, 2) + Little(flags, 2) +
                             std::string(18, '\0') + Little(name.size(), 2) +
                             Little(0, 2);
  const std::string local = "PK\3\4" + common + name;
  const std::string central =
      "PK\1\2" + Little(20, 2) + common + std::string(14, '\0') + name;
  return local + central + "PK\5\6" + Little(0, 4) + Little(1, 2) +
         Little(1, 2) + Little(central.size(), 4) + Little(local.size(), 4) +
         Little(0, 2);
}

class SpoolServiceArchiveTest : public TempDirFixture {
 protected:
  Answer Upload(const std::string& archive) {
    return service_.Ask("POST", "/upload", archive);
  }
  void ExpectRefused(const std::string& archive, const std::string& why) {
    const Answer answer = Upload(archive);
    EXPECT_EQ(answer.status, 422) << why;
    EXPECT_THAT(answer.body, HasSubstr(why));
  }
  // The names of its entries, as the service gives them.
  std::vector<std::string> Names(const std::string& archive) {
    const json upload = json::parse(Upload(archive).body);
    const std::string path =
        "/archives/" + upload.value("sha256", std::string("none"));
    std::vector<std::string> names;
    const json page = json::parse(service_.Ask("GET", path).body);
    for (const json& entry : page.value("entries", json::array())) {
      names.push_back(entry["name"].get<std::string>());
    }
    return names;
  }

  SpoolService service_{Parent("spool").native()};
};

// The link leads to a place in the directory, but not from where the hard link
// would put it.
TEST_F(SpoolServiceArchiveTest, HardLinkToASymlinkIsRefused) {
  ExpectRefused(Tar({TarEntry("a/b/c/l", "../../../x", '2'),
                     TarEntry("l2", "a/b/c/l", '1')}),
                "is a hard link to what is not a file");
}

TEST_F(SpoolServiceArchiveTest, HardLinkToADirectoryIsRefused) {
  ExpectRefused(Tar({TarEntry("d", "", '5'), TarEntry("l", "d", '1')}),
                "is a hard link to what is not a file");
  ExpectRefused(Tar({TarEntry("l", ".", '1')}),
                "is a hard link to what is not a file");
}

TEST_F(SpoolServiceArchiveTest, HardLinkToNothingIsRefused) {
  ExpectRefused(Tar({TarEntry("l", "d/file", '1')}), "what is not there");
}

TEST_F(SpoolServiceArchiveTest, LongNameIsRefused) {
  ExpectRefused(Tar({LongEntry(Repeated("./", 3000) + "a")}),
                "has a name of more than 4095 bytes");
}

TEST_F(SpoolServiceArchiveTest, DeepNameIsRefused) {
  ExpectRefused(Tar({LongEntry(Repeated("a/", 500) + "a")}),
                "is more than 128 directories deep");
}

// Of each entry only the last directory is an entry.
TEST_F(SpoolServiceArchiveTest, DirectoriesOfNamesCount) {
  const std::string memory = Parent("memory").native();
  MountMemory(memory, "mode=0777");
  SpoolService service(memory);
  std::vector<std::string> entries;
  for (int i = 0; i < 1000; ++i) {
    entries.push_back(LongEntry(std::to_string(i) + Repeated("/a", 101)));
  }
  const Answer answer = service.Ask("POST", "/upload", Tar(entries));
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body,
              HasSubstr("has more than 100000 entries and directories"));
}

TEST_F(SpoolServiceArchiveTest, SumOfNamesIsLimited) {
  const std::string entry =
      LongEntry(Repeated(std::string(250, 'a') + "/", 15) + "a");
  ExpectRefused(Repeated(entry, 4600), "has names of more than 16777216 bytes");
}

TEST_F(SpoolServiceArchiveTest, HugeHoleIsRefused) {
  ExpectRefused(Tar({SparseEntry()}), "unpacks to more than 1073741824 bytes");
}

TEST_F(SpoolServiceArchiveTest, NamesAreShortened) {
  EXPECT_THAT(Names(Tar({TarEntry("./", "", '5'), TarEntry("./a//./b", "x"),
                         TarEntry("c/", "", '5')})),
              ElementsAre(".", "a/b", "c"));
}

TEST_F(SpoolServiceArchiveTest, NamesOfZipFilesAreKept) {
  for (const char* name : {"\xc3\x9c"
                           "bersicht.txt",
                           "\xe6\x97\xa5\xe6\x9c\xac", "plain"}) {
    EXPECT_THAT(Names(Zip(name, 0x800)), ElementsAre(name));
  }
}

TEST_F(SpoolServiceArchiveTest, NameInAnotherCharacterSetIsTaken) {
  EXPECT_EQ(Upload(Zip("\x9a"
                       "bersicht.txt",
                       0))
                .status,
            200);
  EXPECT_EQ(Upload(Tar({TarEntry("\xdc"
                                 "bersicht.txt",
                                 "x")}))
                .status,
            200);
}

}  // namespace
