// SPDX-License-Identifier: Apache-2.0

// C27: temp dirs on file systems that are not as local ones are. bindfs plays
// them: another owner is shown, modes cannot be set, handles end, and files
// that are open do not end when they are unlinked.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/internal/system/exit_patience.h"
#include "tempdir/temp_dir_guarantees.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/fuse_mount.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::TempDirOptions;

constexpr char kBelow[] = "/tmp/below";
constexpr char kAbove[] = "/tmp/above";

// Runs `body` where $TMPDIR is a directory as seen through bindfs.
std::string WithBindfs(const std::vector<std::string>& flags,
                       const std::function<void()>& body) {
  const Ended ended = RunForked([&] {
    MountMemory("/tmp");
    MakeDirectory(kBelow);
    MakeDirectory(kAbove);
    std::vector<std::string> command = {"bindfs"};
    command.insert(command.end(), flags.begin(), flags.end());
    command.insert(command.end(), {kBelow, kAbove});
    const FuseMount mount(command);
    setenv("TMPDIR", kAbove, 1);
    body();
  });
  return ended.exit_code == 0 ? ended.output
                              : ended.output + " (did not end well)";
}

template <class Dir>
class FuseTempDirTest : public testing::Test {
 protected:
  static void Use(const TempDirOptions& options) {
    Dir dir = Make<Dir>(options);
    MakeFile(dir.path() / "file");
    SayUnless(Exists(dir.path() / "file"), "no file");
    SayUnless(dir.Remove().ok(), "not removed");
    SayUnless(Entries(kBelow).empty(), "something is left");
  }
};
TYPED_TEST_SUITE(FuseTempDirTest, Styles, StyleName);

// C27: squashed NFS, `uid=` mounts.
TYPED_TEST(FuseTempDirTest, OwnerThatIsShownAsAnotherDoesNotMatter) {
  EXPECT_EQ(WithBindfs({"--force-user=1234"},
                       [] {
                         TestFixture::Use({});
                         TestFixture::Use(TempDirOptions().set_direct());
                         const TypeParam dir = Make<TypeParam>();
                         SayUnless(!dir.guarantees().owner,
                                   "the owner is said to be right");
                       }),
            "");
}

// C27: DrvFs, vfat, with modes that are refused or ignored.
TYPED_TEST(FuseTempDirTest, ModeThatCannotBeSetIsSaid) {
  for (const char* chmod : {"--chmod-deny", "--chmod-ignore"}) {
    EXPECT_EQ(WithBindfs({"-p", "0777", chmod},
                         [] {
                           TestFixture::Use({});
                           TestFixture::Use(TempDirOptions().set_direct());
                           const TypeParam dir = Make<TypeParam>();
                           SayUnless(!dir.guarantees().mode,
                                     "the mode is said to be right");
                         }),
              "");
  }
}

// C27: an explicit mode insists, and what was made is undone.
TYPED_TEST(FuseTempDirTest, ModeThatIsAskedForIsInsistedOn) {
  for (const char* chmod : {"--chmod-deny", "--chmod-ignore"}) {
    EXPECT_EQ(
        WithBindfs(
            {"-p", "0777", chmod},
            [] {
              for (const bool directly : {false, true}) {
                const auto options = TempDirOptions().set_direct(directly);
                const auto asked =
                    TypeParam::Create(TempDirOptions(options).set_mode(0700));
                SayUnless(!asked.ok(), "made with a mode that it has not");
                const auto strict = TypeParam::Create(
                    TempDirOptions(options).set_require_guarantees());
                SayUnless(!strict.ok(), "made without guarantees");
                SayUnless(Entries(kBelow).empty(), "something is left");
              }
            }),
        "");
  }
}

// C27: the kernel forgets what it knew of the directory, and its handle.
TYPED_TEST(FuseTempDirTest, IsKnownAfterTheKernelForgot) {
  EXPECT_EQ(
      WithBindfs({},
                 [] {
                   for (const bool directly : {false, true}) {
                     const auto options = TempDirOptions().set_direct(directly);
                     TypeParam removed = Make<TypeParam>(options);
                     TypeParam kept = Make<TypeParam>(options);
                     MakeFile(removed.path() / "file");
                     MakeFile(kept.path() / "file");
                     sync();
                     const int drop =
                         open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
                     SayUnless(write(drop, "2", 1) == 1, "nothing dropped");
                     close(drop);
                     const absl::Status status = removed.Remove();
                     SayUnless(status.ok(), status.ToString());
                     const auto where = kept.Keep();
                     SayUnless(where.ok(), where.status().ToString());
                     SayUnless(Entries(kBelow).size() == 1, "not one kept");
                     SayUnless(Entries(*where).size() == 1, "not the one");
                     unlink((*where / "file").c_str());
                     rmdir(where->c_str());
                   }
                 }),
      "");
}

// Makes one that cannot be removed: a file in it is open.
template <class Dir>
Dir MakeBusy() {
  Dir dir = Make<Dir>(TempDirOptions().set_failure_callback(
      [](const path&, const absl::Status&) {}));
  const path file = dir.path() / "file";
  MakeFile(file);
  open(file.c_str(), O_RDONLY | O_CLOEXEC);
  return dir;
}

// Leaves it to exit: to the drain.
template <class Dir, int kNumber>
void LeaveToDrain() {
  Abandon(MakeBusy<Dir>());
}

// And to the destructor of a static object.
template <class Dir, int kNumber>
void LeaveToDestructor() {
  static Dir dir = MakeBusy<Dir>();
}

using Leave = void (*)();
template <class Dir, int... kNumbers>
std::vector<Leave> EachToDrain(std::integer_sequence<int, kNumbers...>) {
  return {&LeaveToDrain<Dir, kNumbers>...};
}
template <class Dir, int... kNumbers>
std::vector<Leave> EachToDestructor(std::integer_sequence<int, kNumbers...>) {
  return {&LeaveToDestructor<Dir, kNumbers>...};
}

constexpr char kTook[] = "exit took ";

// In a child: ends the process with what `leave` leaves, and says if that takes
// longer than three removals.
void ExpectOneWaitAtExit(absl::Duration one_wait,
                         const std::vector<Leave>& leave) {
  static absl::Duration longest;
  static absl::Time exits;
  const Ended ended = RunForked([&] {
    longest = 3 * one_wait;
    std::atexit([] {
      const absl::Duration took = absl::Now() - exits;
      SayUnless(took < longest, kTook + absl::FormatDuration(took));
    });
    for (const Leave one : leave) one();
    exits = absl::Now();
    exit(0);
  });
  // The failures are reported as well.
  const bool slow = ended.output.find(kTook) != std::string::npos;
  SayUnless(ended.exit_code == 0 && !slow, ended.output);
}

// How long one that cannot be removed is waited for.
template <class Dir>
absl::Duration OneWait() {
  absl::Duration took;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) abort();
  RunForked([&] {
    Dir dir = MakeBusy<Dir>();
    const absl::Time start = absl::Now();
    SayUnless(!dir.Remove().ok(), "removed");
    took = absl::Now() - start;
    (void)!write(ends[1], &took, sizeof took);
    _exit(0);
  });
  (void)!read(ends[0], &took, sizeof took);
  close(ends[0]);
  close(ends[1]);
  return took;
}

// C15, C27: files that are open are a wait for all of them, not for each.
TYPED_TEST(FuseTempDirTest, ExitWaitsForOpenFilesOnceForAll) {
  using Numbers = std::make_integer_sequence<int, 15>;
  EXPECT_EQ(WithBindfs({},
                       [] {
                         const absl::Duration one = OneWait<TypeParam>();
                         SayUnless(one > absl::Seconds(1), "no wait");
                         ExpectOneWaitAtExit(
                             one, EachToDestructor<TypeParam>(Numbers()));
                       }),
            "");
}

TEST(FuseExitTest, DrainWaitsForOpenFilesOnceForAll) {
  using Numbers = std::make_integer_sequence<int, 15>;
  using Dir = tempdir::FinalizerTempDir;
  EXPECT_EQ(WithBindfs({},
                       [] {
                         ExpectOneWaitAtExit(OneWait<Dir>(),
                                             EachToDrain<Dir>(Numbers()));
                       }),
            "");
}

// C15
TEST(ExitPatienceTest, IsOneForAllRemovals) {
  const absl::Duration usual = absl::Seconds(2);
  const Ended ended = RunForked([usual] {
    tempdir_internal::SpendExitPatience(usual);
    SayUnless(tempdir_internal::ExitPatience(usual) == usual, "before the end");
    tempdir_internal::BeginExitPatience();
    tempdir_internal::SpendExitPatience(absl::Seconds(1.5));
    tempdir_internal::BeginExitPatience();
    SayUnless(tempdir_internal::ExitPatience(usual) == absl::Seconds(0.5),
              "first");
    tempdir_internal::SpendExitPatience(usual);
    SayUnless(tempdir_internal::ExitPatience(usual) == absl::ZeroDuration(),
              "rest");
    RunForked([usual] {
      SayUnless(tempdir_internal::ExitPatience(usual) == usual, "of a child");
    });
  });
  EXPECT_EQ(ended.output, "");
}

}  // namespace
