// SPDX-License-Identifier: Apache-2.0

// compare_tempdirs --doctor, as any user, where the test runs.

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/compare/diagnosed.h"
#include "tests/compare/tool_run.h"
#include "tests/support/refused_calls.h"

namespace {

using finalize_test::Compare;
using finalize_test::Diagnosed;
using finalize_test::FindingNamed;
using finalize_test::RefuseAdvice;
using finalize_test::RefuseCalls;
using finalize_test::ToolRun;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

void Refuse(const std::vector<int>& calls, int error) {
  if (!RefuseCalls(calls, error).empty()) _exit(125);
}

std::string OwnDirectory(const char* name, mode_t mode) {
  const std::string path = std::string(getenv("TEST_TMPDIR")) + "/" + name;
  std::filesystem::create_directory(path);
  chmod(path.c_str(), mode);
  return path;
}

// Whether the kernel does as it says, too: some take any advice.
bool KernelWipesOnFork() {
  const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* const page = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool wipes = madvise(page, size, 0x7ffffff1) != 0 &&
                     madvise(page, size, MADV_WIPEONFORK) == 0;
  munmap(page, size);
  return wipes;
}

TEST(DoctorTest, NamesEachThingThatTheLibraryReliesOn) {
  const json diagnosis = Diagnosed();
  std::vector<std::string> names;
  for (const json& finding : diagnosis["findings"]) {
    names.push_back(finding["name"]);
  }
  EXPECT_THAT(names, testing::ElementsAre("temp dirs", "path", "owner and mode",
                                          "locks", "identity", "mounts",
                                          "aging", "forks", "exit()", "/proc",
                                          "user namespace", "environment"));
  EXPECT_EQ(FindingNamed(diagnosis, "temp dirs")["verdict"], "holds");
  EXPECT_EQ(FindingNamed(diagnosis, "forks")["verdict"],
            KernelWipesOnFork() ? "holds" : "weaker");
}

TEST(DoctorTest, TextSaysTheSame) {
  const json diagnosis = Diagnosed();
  const ToolRun run = Compare({"--doctor"});
  EXPECT_EQ(run.exit_code, diagnosis["holds"] ? 0 : 1);
  EXPECT_THAT(run.output, StartsWith("Temp dirs in /"));
  EXPECT_THAT(run.output,
              HasSubstr(diagnosis["holds"] ? "\nEverything that the library"
                                           : "\nNot everything that the"));
  for (const json& finding : diagnosis["findings"]) {
    std::string line = finding["verdict"];
    line.resize(8, ' ');
    line += finding["name"];
    EXPECT_THAT(run.output, HasSubstr("\n" + line + "\n"));
  }
  std::istringstream lines(run.output);
  std::string line;
  std::getline(lines, line);  // it has the path
  while (std::getline(lines, line)) {
    if (line.find('/') == std::string::npos) {
      EXPECT_LE(line.size(), 80u) << line;
    }
  }
}

TEST(DoctorTest, ATmpdirThatIsNotThereFails) {
  const json diagnosis =
      Diagnosed([] { setenv("TMPDIR", "/does/not/exist", 1); });
  EXPECT_EQ(FindingNamed(diagnosis, "temp dirs")["verdict"], "fails");
  EXPECT_THAT(FindingNamed(diagnosis, "temp dirs")["found"],
              HasSubstr("/does/not/exist"));
}

// Also if there is such a directory: the library refuses it.
TEST(DoctorTest, ATmpdirThatIsRelativeFails) {
  const std::string own = OwnDirectory("relative", 0700);
  for (const char* const relative : {"tmp", "relative", "."}) {
    const json finding = FindingNamed(Diagnosed([&] {
                                        if (chdir((own + "/..").c_str()) != 0) {
                                          _exit(125);
                                        }
                                        setenv("TMPDIR", relative, 1);
                                      }),
                                      "temp dirs");
    EXPECT_EQ(finding["verdict"], "fails") << relative;
    EXPECT_EQ(finding["found"],
              std::string("TMPDIR is not an absolute path: ") + relative);
  }
}

// C38: a name forges no line.
TEST(DoctorTest, APathForgesNoLine) {
  const ToolRun run = Compare(
      {"--doctor"}, [] { setenv("TMPDIR", "/no\nholds   locks\n", 1); });
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, Not(HasSubstr("\nholds   locks\n")));
}

TEST(DoctorTest, AKernelThatWipesNothingIsWeaker) {
  const json forks =
      FindingNamed(Diagnosed([] {
                     if (!RefuseAdvice(MADV_WIPEONFORK, EINVAL).empty()) {
                       _exit(125);
                     }
                   }),
                   "forks");
  EXPECT_EQ(forks["verdict"], "weaker");
  EXPECT_THAT(forks["found"], HasSubstr("Invalid argument"));
}

TEST(DoctorTest, RefusedLocksDoNotHold) {
  const json diagnosis = Diagnosed([] { Refuse({SYS_flock}, ENOLCK); });
  EXPECT_EQ(diagnosis["holds"], false);
  EXPECT_THAT(diagnosis.dump(), HasSubstr("No locks available"));
}

// An old kernel, or the filter of a container: another question is answered.
TEST(DoctorTest, OneAnswerAboutMountsIsEnough) {
  const json mounts = FindingNamed(
      Diagnosed([] {
        Refuse({finalize_test::kOpenat2Call, SYS_name_to_handle_at}, ENOSYS);
      }),
      "mounts");
  EXPECT_EQ(mounts["verdict"], "holds");
  EXPECT_THAT(mounts["found"],
              HasSubstr("missing or refused: openat2, name_to_handle_at"));
  EXPECT_THAT(FindingNamed(Diagnosed(), "mounts")["found"],
              Not(HasSubstr("missing or refused: openat2, ")));
}

TEST(DoctorTest, WithoutHandlesATokenDoes) {
  const std::string own = OwnDirectory("marked", 0700);
  const bool marks = setxattr(own.c_str(), "user.test", "1", 1, 0) == 0;
  const json identity = FindingNamed(
      Diagnosed([] { Refuse({SYS_name_to_handle_at}, EPERM); }), "identity");
  EXPECT_EQ(identity["verdict"], marks ? "holds" : "weaker");
  EXPECT_THAT(identity["found"], HasSubstr("Operation not permitted"));
}

TEST(DoctorTest, WithoutHandlesAndTokensADescriptorIsHeld) {
  const json identity = FindingNamed(
      Diagnosed([] {
        Refuse({SYS_name_to_handle_at, SYS_fsetxattr, SYS_setxattr}, EPERM);
      }),
      "identity");
  EXPECT_EQ(identity["verdict"], "weaker");
  EXPECT_THAT(identity["meaning"], HasSubstr("one descriptor for each"));
}

// What it examines, it leaves as it was: also what a reaper would remove.
TEST(DoctorTest, ReapsNothing) {
  const std::string parent = OwnDirectory("dead", 0700);
  const std::string root =
      parent + "/finalize-" + std::to_string(geteuid()) + "-aaaaaaaaaaaaaaaa";
  ASSERT_EQ(mkdir(root.c_str(), 0700), 0);
  ASSERT_EQ(chmod(root.c_str(), 01700), 0);
  Diagnosed([&] { setenv("TMPDIR", parent.c_str(), 1); });
  EXPECT_TRUE(std::filesystem::exists(root));
  std::filesystem::remove_all(parent);
}

TEST(DoctorTest, TakesNoOtherFlags) {
  for (const char* const flag :
       {"--format=html", "--only=sigterm", "--columns=hooks", "--list",
        "--fill=/tmp", "--jobs=2", "--limit=2m", "-limit=2m", "--progress",
        "--noprogress"}) {
    const ToolRun run = Compare({"--doctor", flag});
    EXPECT_EQ(run.exit_code, 2) << flag;
    EXPECT_THAT(run.output, IsEmpty()) << flag;
    EXPECT_THAT(run.errors, HasSubstr("--doctor")) << flag;
  }
}

}  // namespace
