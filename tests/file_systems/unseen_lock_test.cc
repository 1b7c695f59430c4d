// SPDX-License-Identifier: Apache-2.0

// C30: a root whose lock others may not see says so itself, and no reaper takes
// it by itself; its owner removes it all the same.
//
// bindfs plays every file system of which the server, another machine or
// another kernel knows no locks: what is locked through it is not locked below.

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "boost/filesystem/path.hpp"
#include "finalize/exit_hooks.h"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/reaper_process.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/dead_roots.h"
#include "tests/support/fuse_mount.h"
#include "tests/support/lingering_process.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::ReapOptions;
using tempdir::ReapOutcome;
using tempdir::TempDirOptions;

constexpr char kBelow[] = "/tmp/below";
constexpr char kAbove[] = "/tmp/above";

// Runs `body` where kAbove is kBelow as seen through bindfs.
std::string WithBindfs(const std::function<void()>& body) {
  const Ended ended = RunForked([&] {
    MountMemory("/tmp");
    MakeDirectory(kBelow);
    MakeDirectory(kAbove);
    const FuseMount mount({"bindfs", kBelow, kAbove});
    setenv("TMPDIR", kAbove, 1);
    body();
  });
  return ended.exit_code == 0 ? ended.output
                              : ended.output + " (did not end well)";
}

size_t Reaped(const char* parent, ReapOutcome outcome,
              const ReapOptions& options = {}) {
  auto report = tempdir::Reap(parent, options);
  SayUnless(report.ok(), report.status().ToString());
  return report.ok() ? report->Count(outcome) : 0;
}

// As the reaper of an older version decides.
bool OlderReaperTakes(const path& root) {
  const std::string name = root.filename().native();
  const std::string form = "finalize-0-aaaaaaaaaaaaaaaa";
  const int fd = open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_named =
      name.size() == form.size() ||
      (name.size() == form.size() + 5 && name.substr(form.size()) == ".reap");
  const bool takes = is_named && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
                     faccessat(fd, ".keep", F_OK, 0) != 0;
  close(fd);
  return takes;
}

template <class Dir>
class UnseenLockTest : public testing::Test {};
TYPED_TEST_SUITE(UnseenLockTest, Styles, StyleName);

// C30: the live files were gone within a second, unasked.
TYPED_TEST(UnseenLockTest, LiveOneIsLeftByReapersBelow) {
  EXPECT_EQ(
      WithBindfs([] {
        for (const bool directly : {false, true}) {
          TypeParam dir =
              Make<TypeParam>(TempDirOptions().set_direct(directly));
          SayUnless(!dir.guarantees().lock, "its lock is said to be seen");
          MakeFile(dir.path() / "file");
          SayUnless(!OlderReaperTakes(path(kBelow) / Entries(kBelow)[0]),
                    "for an older version it is dead");
          SayUnless(Reaped(kBelow, ReapOutcome::kUnseen) == 1, "not left");
          ReapOptions any;
          any.any_file_system = true;
          SayUnless(Reaped(kBelow, ReapOutcome::kUnseen, any) == 1, "not left");
          SayUnless(Reaped(kAbove, ReapOutcome::kInUse, any) == 1, "above");
          SayUnless(Exists(dir.path() / "file"), "the file has gone");
        }
        SayUnless(Entries(kBelow).empty(), "something is left");
      }),
      "");
}

// C30: so is one that leaves in the background, whatever its name.
TYPED_TEST(UnseenLockTest, OneThatIsRemovedInTheBackgroundIsLeft) {
  EXPECT_EQ(
      WithBindfs([] {
        for (const bool directly : {false, true}) {
          TypeParam dir = Make<TypeParam>(
              TempDirOptions().set_direct(directly).set_remove_in_background());
          MakeFile(dir.path() / "file");
          SayUnless(dir.Remove().ok(), "not removed");
          for (const std::string& name : Entries(kBelow)) {
            SayUnless(!OlderReaperTakes(path(kBelow) / name), name);
          }
          SayUnless(dir.Remove().ok(), "not removed");
        }
        SayUnless(Entries(kBelow).empty(), "something is left");
      }),
      "");
}

// C30: in spite of the mark.
TYPED_TEST(UnseenLockTest, ExitRemovesIt) {
  EXPECT_EQ(WithBindfs([] {
              RunForked([] {
                static TypeParam dir = Make<TypeParam>();
                static TypeParam direct =
                    Make<TypeParam>(TempDirOptions().set_direct());
                MakeFile(dir.path() / "file");
                MakeFile(direct.path() / "file");
                exit(0);
              });
              SayUnless(Entries(kBelow).empty(), "something is left");
            }),
            "");
}

// C23
TYPED_TEST(UnseenLockTest, CrashRemovesIt) {
  EXPECT_EQ(
      WithBindfs([] {
        RunForked([] {
          finalize::ExitHooks hooks;
          hooks.crash = true;
          hooks.crash_limit = absl::Minutes(1);
          SayUnless(finalize::InstallExitHooks(hooks).ok(), "no hooks");
          MakeFile(Abandon(Make<TypeParam>())->path() / "file");
          MakeFile(
              Abandon(Make<TypeParam>(TempDirOptions().set_direct()))->path() /
              "file");
          abort();
        });
        SayUnless(Entries(kBelow).empty(), "something is left");
      }),
      "");
}

// C23, C28: what is kept in a crash is kept for a person, not live.
TYPED_TEST(UnseenLockTest, CrashThatKeepsSaysSo) {
  EXPECT_EQ(WithBindfs([] {
              RunForked([] {
                finalize::ExitHooks hooks;
                hooks.crash = true;
                hooks.keep_on_crash = true;
                hooks.crash_limit = absl::Minutes(1);
                SayUnless(finalize::InstallExitHooks(hooks).ok(), "no hooks");
                MakeFile(Abandon(Make<TypeParam>())->path() / "file");
                abort();
              });
              ReapOptions all;
              all.any_file_system = true;
              all.unseen_locks = true;
              SayUnless(Reaped(kAbove, ReapOutcome::kKept, all) == 1,
                        "not kept");
            }),
            "");
}

// C30: the proof is a lock that is free, seen through the same mount.
TYPED_TEST(UnseenLockTest, DeadOneIsReapedThroughItsMountIfAskedFor) {
  EXPECT_EQ(
      WithBindfs([] {
        for (const bool directly : {false, true}) {
          RunForked([directly] {
            auto* dir =
                Abandon(Make<TypeParam>(TempDirOptions().set_direct(directly)));
            MakeFile(dir->path() / "file");
            finalize_test::SendSignal(getpid(), SIGKILL);
          });
          SayUnless(absl::IsFailedPrecondition(tempdir::Reap(kAbove).status()),
                    "reaped unasked");
          SayUnless(Reaped(kBelow, ReapOutcome::kUnseen) == 1, "below");
          ReapOptions any;
          any.any_file_system = true;
          SayUnless(Reaped(kAbove, ReapOutcome::kRemoved, any) == 1, "left");
          SayUnless(Entries(kBelow).empty(), "something is left");
        }
      }),
      "");
}

// C30: elsewhere there is none but the word of the caller.
TYPED_TEST(UnseenLockTest, DeadOneIsReapedElsewhereAtTheCallersWord) {
  EXPECT_EQ(
      WithBindfs([] {
        for (const bool directly : {false, true}) {
          RunForked([directly] {
            auto* dir =
                Abandon(Make<TypeParam>(TempDirOptions().set_direct(directly)));
            MakeFile(dir->path() / "file");
            finalize_test::SendSignal(getpid(), SIGKILL);
          });
          ReapOptions word;
          word.unseen_locks = true;
          SayUnless(Reaped(kBelow, ReapOutcome::kRemoved, word) == 1, "left");
          SayUnless(Entries(kBelow).empty(), "something is left");
        }
      }),
      "");
}

// C30: another start of the machine, or another mount with the same number.
TYPED_TEST(UnseenLockTest, ProofIsOfThisStartOfTheMachine) {
  EXPECT_EQ(WithBindfs([] {
              RunForked([] {
                auto* dir = Abandon(Make<TypeParam>());
                MakeFile(dir->path() / "file");
                finalize_test::SendSignal(getpid(), SIGKILL);
              });
              const path mark = path(kAbove) / Entries(kAbove)[0] / ".keep";
              std::string text;
              {
                std::ifstream file(mark.native());
                text.assign(std::istreambuf_iterator<char>(file), {});
              }
              const size_t boot = text.find(" boot ");
              SayUnless(boot != std::string::npos, text);
              text.replace(boot + 6, 1, text[boot + 6] == 'a' ? "b" : "a");
              std::ofstream(mark.native()) << text;
              ReapOptions any;
              any.any_file_system = true;
              SayUnless(Reaped(kAbove, ReapOutcome::kUnseen, any) == 1,
                        "taken");
            }),
            "");
}

// C30: the reaper process of the owner.
TYPED_TEST(UnseenLockTest, ReaperProcessRemovesIt) {
  EXPECT_EQ(
      WithBindfs([] {
        char reaper[PATH_MAX];
        if (realpath(getenv("REAP_PROGRAM"), reaper) == nullptr) abort();
        for (const bool directly : {false, true}) {
          LingeringProcess owner([&](int out) {
            tempdir::ReaperProcessOptions options;
            options.program = reaper;
            const absl::Status started = tempdir::StartReaperProcess(options);
            auto* dir =
                Abandon(Make<TypeParam>(TempDirOptions().set_direct(directly)));
            MakeFile(dir->path() / "file");
            dprintf(out, "%s\n", started.ToString().c_str());
          });
          const std::string started = owner.AwaitLine();
          SayUnless(started == "OK", started);
          owner.Kill();
          // However long that takes.
          while (!Entries(kBelow).empty()) usleep(10000);
        }
      }),
      "");
}

}  // namespace
