// SPDX-License-Identifier: Apache-2.0

// compare_tempdirs --doctor on file systems, and as users, that a test must be
// the superuser to have.

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>

#include "examples/compare/doctor/aging.h"
#include "examples/compare/doctor/finding.h"
#include "examples/compare/doctor/place.h"
#include "examples/compare/doctor/process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/compare/diagnosed.h"
#include "tests/compare/tool_run.h"
#include "tests/support/fuse_mount.h"
#include "tests/support/refused_calls.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using compare::Finding;
using compare::Verdict;
using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kPlace[] = "/tmp/place";

// Runs `body` where /tmp is a file system in memory of this test alone. Returns
// what it printed.
std::string InMemory(const std::function<void()>& body) {
  const Ended ended = RunForked([&] {
    MountMemory("/tmp");
    MakeDirectory(kPlace);
    body();
  });
  return ended.exit_code == 0 ? ended.output
                              : ended.output + " (did not end well)";
}

// Prints what the program says of kPlace.
void Diagnose(const std::function<void()>& setup = nullptr) {
  const ToolRun run = RunProgram("examples/compare_tempdirs",
                                 {"--doctor", "--format=json"}, [&] {
                                   setenv("TMPDIR", kPlace, 1);
                                   if (setup != nullptr) setup();
                                 });
  SayUnless(Entries(kPlace).empty(), "something was left");
  const json diagnosis = json::parse(run.output, nullptr, false);
  SayUnless(diagnosis.is_object() && diagnosis["holds"].is_boolean() &&
                run.exit_code == (diagnosis["holds"] ? 0 : 1),
            "exit status and answer differ");
  printf("%s%s", run.output.c_str(), run.errors.c_str());
}

std::string Number(Verdict verdict) {
  return std::to_string(static_cast<int>(verdict));
}

json FindingNamed(const std::string& printed, const std::string& name) {
  const json diagnosis = json::parse(printed, nullptr, false);
  EXPECT_TRUE(diagnosis.is_object()) << printed;
  return finalize_test::FindingNamed(diagnosis, name);
}

void ExpectPlaceHolds(const std::string& printed) {
  for (const char* const name :
       {"temp dirs", "path", "owner and mode", "locks", "mounts"}) {
    EXPECT_EQ(FindingNamed(printed, name)["verdict"], "holds") << printed;
  }
  EXPECT_THAT(FindingNamed(printed, "locks")["found"], HasSubstr("on tmpfs"));
}

TEST(DoctorMountsTest, APlaceInMemoryHolds) {
  const std::string printed = InMemory([] { Diagnose(); });
  ExpectPlaceHolds(printed);
  EXPECT_EQ(FindingNamed(printed, "identity")["verdict"], "holds");
}

TEST(DoctorMountsTest, AnOrdinaryUserFindsTheSame) {
  ExpectPlaceHolds(InMemory([] {
    if (chown(kPlace, kNobody, kNobody) != 0) abort();
    Diagnose([] { BecomeNobody(); });
  }));
}

TEST(DoctorMountsTest, FuseShowsLocksToNobodyAndForgetsHandles) {
  const std::string printed = InMemory([] {
    MakeDirectory("/tmp/below");
    const FuseMount mount({"bindfs", "/tmp/below", kPlace});
    Diagnose();
  });
  const json locks = FindingNamed(printed, "locks");
  EXPECT_EQ(locks["verdict"], "weaker");
  EXPECT_THAT(locks["found"], HasSubstr("fuse"));
  EXPECT_THAT(locks["found"], HasSubstr("may not show locks to other"));
  EXPECT_THAT(locks["advice"], HasSubstr("finalize-reap"));
  const json identity = FindingNamed(printed, "identity");
  EXPECT_EQ(identity["verdict"], "weaker");
  EXPECT_THAT(identity["meaning"], HasSubstr("one descriptor for each"));
  EXPECT_EQ(FindingNamed(printed, "owner and mode")["verdict"], "holds");
}

TEST(DoctorMountsTest, AFileSystemWithoutPermissionsIsWeaker) {
  const json owner = FindingNamed(
      InMemory([] {
        MakeDirectory("/tmp/below");
        const FuseMount mount({"bindfs", "--force-user=daemon", "--perms=0777",
                               "--chmod-ignore", "/tmp/below", kPlace});
        Diagnose();
      }),
      "owner and mode");
  EXPECT_EQ(owner["verdict"], "weaker");
  EXPECT_THAT(owner["meaning"], HasSubstr("another owner"));
  EXPECT_THAT(owner["meaning"], HasSubstr("permissions"));
}

// A user whom its namespace does not map.
TEST(DoctorMountsTest, NobodyOfAUserNamespaceIsWeaker) {
  const json user = FindingNamed(InMemory([] {
                                   Diagnose([] {
                                     if (unshare(CLONE_NEWUSER) != 0) {
                                       _exit(125);
                                     }
                                   });
                                 }),
                                 "user namespace");
  EXPECT_EQ(user["verdict"], "weaker");
  EXPECT_THAT(user["found"], HasSubstr("maps nobody (its uid_map is empty)"));
  EXPECT_THAT(user["meaning"], HasSubstr("every user who is not mapped here"));
}

// One in which root alone is mapped.
void EnterUserNamespace() {
  if (unshare(CLONE_NEWUSER) != 0) _exit(125);
  std::ofstream("/proc/self/uid_map") << "0 0 1\n";
}

// Nobody inside can tell whether it is root of the machine.
TEST(DoctorMountsTest, APlaceBelowOneOfAnUnmappedUserIsANote) {
  const std::string printed = InMemory([] {
    constexpr uid_t kUnmapped = 1000;
    if (chown("/tmp", kUnmapped, kUnmapped) != 0 || chmod("/tmp", 0755) != 0) {
      abort();
    }
    Diagnose(EnterUserNamespace);
  });
  const json path = FindingNamed(printed, "path");
  EXPECT_EQ(path["verdict"], "note");
  EXPECT_THAT(path["found"], HasSubstr("is not mapped here"));
  EXPECT_THAT(path["meaning"], HasSubstr("the owner of /tmp "));
}

// An ordinary user may not see all the rules.
TEST(DoctorMountsTest, RulesThatCannotBeReadAreNamed) {
  const std::string printed = InMemory([] {
    MakeDirectory("/tmp/etc");
    MakeDirectory("/tmp/etc/tmpfiles.d");
    MakeFile("/tmp/etc/tmpfiles.d/tmp.conf");
    if (chmod("/tmp/etc/tmpfiles.d", 0700) != 0) abort();
    BecomeNobody();
    const Finding finding = compare::ExamineAging("/tmp", kPlace, true);
    printf("%d %s", static_cast<int>(finding.verdict), finding.found.c_str());
  });
  EXPECT_THAT(printed, StartsWith(Number(Verdict::kNote)));
  EXPECT_THAT(printed, HasSubstr("/etc/tmpfiles.d (Permission denied)"));
}

// --- nothing tells mounts ---

// Prints the finding about mounts where no question is answered. Not by the
// program: a sanitizer's does not start without /proc.
void DiagnoseWithoutMounts() {
  const std::string said = HideProc();
  SayUnless(said.empty(), said);
  const std::string refused =
      RefuseCalls({kOpenat2Call, SYS_statx, SYS_name_to_handle_at}, ENOSYS);
  SayUnless(refused.empty(), refused);
  setenv("TMPDIR", kPlace, 1);
  for (const Finding& finding : compare::ExaminePlace()) {
    if (finding.name != "mounts") continue;
    printf("%d %s", static_cast<int>(finding.verdict), finding.advice.c_str());
  }
  SayUnless(Entries(kPlace).empty(), "something was left");
}

TEST(DoctorMountsTest, IfNothingTellsMountsRemovalFails) {
  const std::string printed = InMemory([] { DiagnoseWithoutMounts(); });
  EXPECT_THAT(printed, StartsWith(Number(Verdict::kFails)));
  EXPECT_THAT(printed, HasSubstr("FINALIZE_COMPARE_DEVICES=1"));
}

TEST(DoctorMountsTest, IfDevicesAreComparedItIsWeaker) {
  EXPECT_THAT(InMemory([] {
                setenv("FINALIZE_COMPARE_DEVICES", "1", 1);
                DiagnoseWithoutMounts();
              }),
              StartsWith(Number(Verdict::kWeaker)));
}

// Not by the program, for the same reason.
TEST(DoctorMountsTest, WithoutProcItIsWeaker) {
  const std::string printed = InMemory([] {
    const std::string said = HideProc();
    SayUnless(said.empty(), said);
    for (const Finding& finding : compare::ExamineProcess()) {
      if (finding.name != "/proc") continue;
      printf("%d %s", static_cast<int>(finding.verdict),
             finding.advice.c_str());
    }
  });
  EXPECT_THAT(printed, StartsWith(Number(Verdict::kWeaker)));
  EXPECT_THAT(printed, HasSubstr("mount /proc"));
}

}  // namespace
