// SPDX-License-Identifier: Apache-2.0

// What `compare_tempdirs --doctor` makes of systems that are not this one.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "examples/compare/doctor/aging.h"
#include "examples/compare/doctor/finding.h"
#include "examples/compare/doctor/process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

using compare::ExamineAging;
using compare::ExitLock;
using compare::Finding;
using compare::UserNamespace;
using compare::Verdict;
using testing::HasSubstr;
using testing::Not;

// --- who ages files ---

// A system of a few files.
class AgingTest : public testing::Test {
 protected:
  AgingTest() {
    const char* const base = getenv("TEST_TMPDIR");
    std::string path =
        std::string(base != nullptr ? base : "/tmp") + "/systemXXXXXX";
    if (mkdtemp(path.data()) == nullptr) abort();
    system_ = path;
  }
  ~AgingTest() override { std::filesystem::remove_all(system_); }

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = system_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  void BootSystemd() {
    std::filesystem::create_directories(system_ + "/run/systemd/system");
  }
  Finding Examine(const std::string& parent, bool locked = true) {
    return ExamineAging(system_, parent, locked);
  }

  std::string system_;
};

TEST_F(AgingTest, ASystemWithoutRulesAgesNothing) {
  const Finding finding = Examine("/tmp");
  EXPECT_EQ(finding.verdict, Verdict::kHolds);
  EXPECT_THAT(finding.found, HasSubstr("no rule"));
}

TEST_F(AgingTest, LocksKeepTempDirsFromTmpfiles) {
  BootSystemd();
  Write("/usr/lib/tmpfiles.d/tmp.conf", "# old\nq /tmp 1777 root root 10d\n");
  const Finding finding = Examine("/tmp");
  EXPECT_EQ(finding.verdict, Verdict::kHolds);
  EXPECT_THAT(finding.found, HasSubstr("q /tmp 1777 root root 10d"));
}

TEST_F(AgingTest, IfLocksAreNotSeenTmpfilesIsADanger) {
  BootSystemd();
  Write("/usr/lib/tmpfiles.d/tmp.conf", "q /tmp 1777 root root 10d\n");
  const Finding finding = Examine("/tmp", false);
  EXPECT_EQ(finding.verdict, Verdict::kWeaker);
  EXPECT_THAT(finding.advice, HasSubstr("x /tmp/finalize-*"));
  // The advice helps.
  Write("/etc/tmpfiles.d/finalize.conf", "x /tmp/finalize-*\n");
  EXPECT_EQ(Examine("/tmp", false).verdict, Verdict::kHolds);
}

TEST_F(AgingTest, RulesWithoutSystemdAreANote) {
  Write("/usr/lib/tmpfiles.d/tmp.conf", "q /tmp 1777 root root 10d\n");
  EXPECT_EQ(Examine("/tmp", false).verdict, Verdict::kNote);
}

TEST_F(AgingTest, ARuleForADirectoryAboveCounts) {
  BootSystemd();
  Write("/usr/lib/tmpfiles.d/tmp.conf", "D! /var/tmp/ 1777 root root 30d\n");
  EXPECT_THAT(Examine("/var/tmp/build").found, HasSubstr("30d"));
  EXPECT_THAT(Examine("/var/tmpfiles").found, HasSubstr("no rule"));
}

TEST_F(AgingTest, APathInQuotesCounts) {
  BootSystemd();
  for (const char* const path :
       {"\"/srv/a b\"", "'/srv/a b'", "/srv/a\\x20b", "/srv/a\\ b"}) {
    Write("/etc/tmpfiles.d/own.conf",
          std::string("d ") + path + " 1777 root root \"10d\"\n");
    EXPECT_THAT(Examine("/srv/a b").found, HasSubstr("10d")) << path;
    EXPECT_THAT(Examine("/srv/a").found, HasSubstr("no rule")) << path;
  }
}

TEST_F(AgingTest, ALineWithoutAnAgeIsAnException) {
  BootSystemd();
  Write("/usr/lib/tmpfiles.d/tmp.conf",
        "q /tmp 1777 root root 10d\nd /tmp/build 0755 root root -\n");
  EXPECT_THAT(Examine("/tmp/build").found, HasSubstr("no rule"));
}

TEST_F(AgingTest, AFileInEtcReplacesTheOneOfTheSameName) {
  BootSystemd();
  Write("/usr/lib/tmpfiles.d/tmp.conf", "q /tmp 1777 root root 10d\n");
  Write("/etc/tmpfiles.d/tmp.conf", "q /tmp 1777 root root\n");
  EXPECT_THAT(Examine("/tmp").found, HasSubstr("no rule"));
}

TEST_F(AgingTest, TmpreaperLooksAtNoLocks) {
  Write("/etc/cron.daily/tmpreaper", "#!/bin/sh\n");
  const Finding finding = Examine("/tmp");
  EXPECT_EQ(finding.verdict, Verdict::kWeaker);
  EXPECT_THAT(finding.found, HasSubstr("tmpreaper"));
  EXPECT_EQ(Examine("/srv/tmp").verdict, Verdict::kHolds);
  Write("/etc/tmpreaper.conf", "TMPREAPER_DIRS='/srv/. /var/tmp/.'\n");
  EXPECT_EQ(Examine("/tmp").verdict, Verdict::kHolds);
  EXPECT_EQ(Examine("/srv/tmp").verdict, Verdict::kWeaker);
  // As it is installed, it does nothing.
  Write("/etc/tmpreaper.conf", "SHOWWARNING=true\n");
  EXPECT_EQ(Examine("/tmp").verdict, Verdict::kHolds);
}

TEST_F(AgingTest, TmpwatchLooksAtNoLocks) {
  Write("/etc/cron.daily/tmpwatch",
        "#! /bin/sh\n/usr/sbin/tmpwatch -umc 10d /tmp\n");
  EXPECT_EQ(Examine("/tmp/build").verdict, Verdict::kWeaker);
  EXPECT_EQ(Examine("/var/tmp").verdict, Verdict::kHolds);
}

// --- exit() ---

TEST(ExitLockTest, OlderGlibcHasNone) {
  EXPECT_EQ(ExitLock("glibc 2.36", true).verdict, Verdict::kHolds);
  EXPECT_EQ(ExitLock("glibc 2.40.9000", false).verdict, Verdict::kHolds);
}

TEST(ExitLockTest, NewerGlibcIsANote) {
  for (const char* const library : {"glibc 2.41", "glibc 2.50", "glibc 3.0"}) {
    const Finding finding = ExitLock(library, true);
    EXPECT_EQ(finding.verdict, Verdict::kNote) << library;
    EXPECT_THAT(finding.advice, HasSubstr("ExitInChild"));
  }
}

TEST(ExitLockTest, NewerGlibcNeedsProc) {
  const Finding finding = ExitLock("glibc 2.41", false);
  EXPECT_EQ(finding.verdict, Verdict::kWeaker);
  EXPECT_THAT(finding.advice, HasSubstr("/proc"));
}

TEST(ExitLockTest, AnotherLibraryIsANote) {
  EXPECT_EQ(ExitLock("", true).verdict, Verdict::kNote);
}

// --- users ---

constexpr char kWhole[] = "         0          0 4294967295\n";

TEST(UserNamespaceTest, NobodyOutsideOfOneIsAUserAsAnyOther) {
  const Finding finding = UserNamespace(65534, kWhole, 65534);
  EXPECT_EQ(finding.verdict, Verdict::kHolds);
  EXPECT_THAT(finding.found, HasSubstr("outside"));
}

TEST(UserNamespaceTest, RootOfARootlessContainerIsToldFromOthers) {
  const Finding finding = UserNamespace(0, "0 1000 1\n", 65534);
  EXPECT_EQ(finding.verdict, Verdict::kHolds);
  EXPECT_THAT(finding.found, Not(HasSubstr("outside")));
}

TEST(UserNamespaceTest, NobodyInOneIsNotToldFromOthers) {
  EXPECT_EQ(UserNamespace(65534, "0 1000 1\n", 65534).verdict,
            Verdict::kWeaker);
  EXPECT_EQ(UserNamespace(65534, "", 65534).verdict, Verdict::kWeaker);
}

TEST(UserNamespaceTest, AnEmptyMapIsNotTakenForAnUnreadableOne) {
  EXPECT_THAT(UserNamespace(65534, "", 65534).found, HasSubstr("is empty"));
  EXPECT_THAT(UserNamespace(65534, std::nullopt, 65534).found,
              HasSubstr("cannot be read"));
}

}  // namespace
