// SPDX-License-Identifier: Apache-2.0

// compare_tempdirs --doctor on the way to a temp dir: which users can put
// something else there.

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/compare/diagnosed.h"
#include "tests/compare/tool_run.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr uid_t kSomebody = 1000;

// In a user namespace / may belong to a user that has no number there.
const char* Closed() {
  struct stat root;
  if (stat("/", &root) != 0) abort();
  return root.st_uid == 0 ? "holds" : "note";
}

void Make(const char* path, mode_t mode, uid_t owner = 0) {
  if (mkdir(path, 0700) != 0 || chown(path, owner, owner) != 0 ||
      chmod(path, mode) != 0) {
    abort();
  }
}

void Link(const char* target, const char* path, uid_t owner = 0) {
  if (symlink(target, path) != 0 || lchown(path, owner, owner) != 0) abort();
}

// What the program says of `tmpdir` after `body`, where /tmp is a sticky file
// system in memory of this test alone.
json Path(const char* tmpdir, const std::function<void()>& body) {
  const Ended ended = RunForked([&] {
    MountMemory("/tmp");
    body();
    const ToolRun run =
        RunProgram("examples/compare_tempdirs", {"--doctor", "--format=json"},
                   [&] { setenv("TMPDIR", tmpdir, 1); });
    printf("%s%s", run.output.c_str(), run.errors.c_str());
  });
  const json diagnosis = json::parse(ended.output, nullptr, false);
  EXPECT_TRUE(diagnosis.is_object()) << ended.output;
  return FindingNamed(diagnosis, "path");
}

void ExpectOpen(const json& path, const std::string& meaning) {
  EXPECT_EQ(path["verdict"], "weaker") << path;
  EXPECT_THAT(path["meaning"], HasSubstr(meaning));
  EXPECT_THAT(path["advice"], HasSubstr("with mode 0700"));
}

TEST(DoctorPathTest, AnOwnDirectoryInAStickyOneIsClosed) {
  const json path = Path("/tmp/own", [] { Make("/tmp/own", 0700); });
  EXPECT_EQ(path["verdict"], Closed()) << path;
}

TEST(DoctorPathTest, APlaceInWhichAllMayRenameIsOpen) {
  const json path = Path("/tmp/all", [] { Make("/tmp/all", 0777); });
  ExpectOpen(path, "every user can rename what is in /tmp/all");
  EXPECT_EQ(path["found"], "/tmp/all belongs to user 0 and has mode 0777");
  EXPECT_THAT(path["advice"], HasSubstr("`chmod +t` /tmp/all"));
}

// The sticky bit binds everybody but the owner.
TEST(DoctorPathTest, AStickyPlaceOfSomebodyIsOpenToItsOwner) {
  const json path =
      Path("/tmp/theirs", [] { Make("/tmp/theirs", 01777, kSomebody); });
  ExpectOpen(path,
             "user 1000, to whom it belongs, can rename what is in "
             "/tmp/theirs");
  EXPECT_THAT(path["advice"], Not(HasSubstr("chmod")));
}

TEST(DoctorPathTest, APlaceBelowAnOpenOneIsOpen) {
  const json path = Path("/tmp/all/sub", [] {
    Make("/tmp/all", 0777);
    Make("/tmp/all/sub", 0755);
  });
  ExpectOpen(path, "every user can rename what is in /tmp/all:");
  EXPECT_THAT(path["found"],
              HasSubstr("/tmp/all, on the way to it, belongs to user 0 and has "
                        "mode 0777"));
}

TEST(DoctorPathTest, APlaceBelowOneOfSomebodyIsOpenToItsOwner) {
  const json path = Path("/tmp/theirs/deep/sub", [] {
    Make("/tmp/theirs", 0755, kSomebody);
    Make("/tmp/theirs/deep", 0755);
    Make("/tmp/theirs/deep/sub", 0755);
  });
  ExpectOpen(path, "user 1000, to whom it belongs, can rename what is in");
}

TEST(DoctorPathTest, APlaceBelowOneOfAGroupIsOpenToIt) {
  const json path = Path("/tmp/team/sub", [] {
    Make("/tmp/team", 0755);
    if (chown("/tmp/team", 0, 1000) != 0 || chmod("/tmp/team", 0775) != 0) {
      abort();
    }
    Make("/tmp/team/sub", 0755);
  });
  ExpectOpen(path, "all members of group 1000 can rename what is in /tmp/team");
}

TEST(DoctorPathTest, AClosedPlaceByALinkInAnOpenOneIsOpen) {
  const json path = Path("/tmp/all/link", [] {
    Make("/tmp/own", 0700);
    Make("/tmp/all", 0777);
    Link("/tmp/own", "/tmp/all/link");
  });
  ExpectOpen(path, "every user can rename what is in /tmp/all:");
}

// A link that leads to a link that somebody can replace.
TEST(DoctorPathTest, EachLinkOnTheWayCounts) {
  const json path = Path("/tmp/first/sub", [] {
    Make("/tmp/own", 0700);
    Make("/tmp/own/sub", 0700);
    Make("/tmp/all", 0777);
    Link("../own", "/tmp/all/second");
    Link("all/second", "/tmp/first");
  });
  ExpectOpen(path, "every user can rename what is in /tmp/all:");
}

TEST(DoctorPathTest, ALinkOfSomebodyInAStickyPlaceIsOpen) {
  const json path = Path("/tmp/link", [] {
    Make("/tmp/own", 0700);
    Link("/tmp/own", "/tmp/link", kSomebody);
  });
  ExpectOpen(path, "user 1000, to whom it belongs, can let that link");
  EXPECT_THAT(path["found"],
              HasSubstr("/tmp/link, on the way to it, is a link of user 1000"));
}

TEST(DoctorPathTest, AnOwnLinkInAStickyPlaceIsClosed) {
  const json path = Path("/tmp/link", [] {
    Make("/tmp/own", 0700);
    Link("own/../own/.", "/tmp/link");
  });
  EXPECT_EQ(path["verdict"], Closed()) << path;
}

}  // namespace
