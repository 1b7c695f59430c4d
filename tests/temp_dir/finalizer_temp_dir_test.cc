// SPDX-License-Identifier: Apache-2.0

// What only the finalizer style does.

#include "tempdir/finalizer_temp_dir.h"

#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/at_exit.h"
#include "finalize/failure_reporter.h"
#include "finalize/options.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tempdir/internal/owned/owned_directory.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/blocked_removals.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/latch.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using finalize::Registry;
using tempdir::FinalizerTempDir;
using tempdir::TempDirOptions;
using tempdir_internal::OwnedDirectory;

using FinalizerTempDirTest = TempDirFixture;

static_assert(std::is_same_v<tempdir::TempDir, FinalizerTempDir>);
static_assert(!std::is_copy_constructible_v<FinalizerTempDir>);
static_assert(!std::is_copy_assignable_v<FinalizerTempDir>);

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
void Block(const path& directory) {
  MakeDirectory(directory / "mounted");
  MountMemory(directory / "mounted");
}
void Unblock(const path& directory) {
  if (umount((directory / "mounted").c_str()) != 0) abort();
}

TEST_F(FinalizerTempDirTest, FinalizerLivesAsLongAsTheDirectory) {
  FinalizerTempDir dir = Make<FinalizerTempDir>();
  const size_t others = Registry::Process().size() - 1;
  ASSERT_TRUE(dir.Peek().has_value());
  EXPECT_TRUE(Contains(dir.Peek()->callback, dir.path().native()));
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_FALSE(dir.Peek().has_value());
  FinalizerTempDir kept = Make<FinalizerTempDir>();
  EXPECT_TRUE(kept.Keep().ok());
  EXPECT_FALSE(kept.Peek().has_value());
  { FinalizerTempDir ended = Make<FinalizerTempDir>(); }
  EXPECT_EQ(Registry::Process().size(), others);
  FinalizerTempDir from = Make<FinalizerTempDir>();
  const FinalizerTempDir to = std::move(from);
  EXPECT_FALSE(from.Peek().has_value());  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(to.Peek().has_value());
}

TEST_F(FinalizerTempDirTest, DumpNamesPathAndPlace) {
  FinalizerTempDir dir = Make<FinalizerTempDir>(TempDirOptions());
  const std::string dump = Registry::Process().Dump();
  EXPECT_TRUE(Contains(dump, "\"" + dir.path().native() + "\"")) << dump;
  EXPECT_TRUE(Contains(dump, "finalizer_temp_dir_test.cc:")) << dump;
}
// The place is the caller's in the short form, too.
TEST_F(FinalizerTempDirTest, PlaceIsTheCallersLine) {
  absl::StatusOr<FinalizerTempDir> dir = FinalizerTempDir::Create();
  const int line = __LINE__ - 1;
  ASSERT_TRUE(dir.ok());
  EXPECT_EQ(dir->Peek()->place.line, line);
}

// C27: temp dirs are released last.
TEST_F(FinalizerTempDirTest, DrainReachesItAfterOthers) {
  const Ended ended = RunForked([] {
    static std::optional<FinalizerTempDir> dir;
    static bool was_there = false;
    finalize::AtExit(finalize::Options("user").set_phase(-1000),
                     [] { was_there = Exists(dir->path()); });
    dir = Make<FinalizerTempDir>();
    Registry::Process().Drain();
    SayUnless(was_there, "gone too early");
    SayUnless(dir->removed() && dir->Remove().ok(), "removed");
  });
  EXPECT_EQ(ended.output, "");
}

// C27: a trigger that comes while it is being made.
TEST_F(FinalizerTempDirTest, CreationCancelledBeforeMkdirMakesNothing) {
  OwnedDirectory directory{TempDirOptions().set_parent(Parent())};
  EXPECT_TRUE(directory.CancelCreation());
  EXPECT_TRUE(absl::IsCancelled(directory.Create()));
  EXPECT_TRUE(Entries(Parent()).empty());
}
TEST_F(FinalizerTempDirTest, CancellingTheCreationOfALiveOneDoesNothing) {
  OwnedDirectory directory{TempDirOptions()};
  ASSERT_TRUE(directory.Create().ok());
  EXPECT_FALSE(directory.CancelCreation());
  EXPECT_TRUE(Exists(directory.path()));
  EXPECT_TRUE(directory.Remove().ok());
}
TEST_F(FinalizerTempDirTest, DoomedMeanwhileLeavesNothing) {
  for (int round = 0; round < 300; ++round) {
    OwnedDirectory directory{TempDirOptions().set_parent(Parent())};
    std::atomic<bool> go{false};
    absl::Status created;
    std::thread creator([&] {
      while (!go) std::this_thread::yield();
      created = directory.Create();
    });
    go = true;
    // What a finalizer's callback does.
    if (!directory.CancelCreation()) {
      EXPECT_TRUE(directory.RemoveImplicitly().ok());
    }
    creator.join();
    EXPECT_TRUE(created.ok() || absl::IsCancelled(created)) << created;
    EXPECT_TRUE(Entries(Parent()).empty());
  }
}
// A directory whose creation is canceled before it has ended, and which cannot
// be removed at that moment.
class Unremovable : public OwnedDirectory {
 public:
  Unremovable(TempDirOptions options, Latch* made, std::atomic<pid_t>* canceler)
      : OwnedDirectory(std::move(options)), made_(made), canceler_(canceler) {}

 private:
  absl::Status MakeEntry(const tempdir_internal::ProcessRoot& root) override {
    absl::Status status = OwnedDirectory::MakeEntry(root);
    made_->CountDown();
    AwaitBlocked(*canceler_, SYS_futex);
    return status;
  }
  bool RemoveAtOnce() override {
    return removals_++ > 0 && OwnedDirectory::RemoveAtOnce();
  }
  absl::Status RemoveCompletely() override {
    return removals_ > 1 ? OwnedDirectory::RemoveCompletely()
                         : absl::InternalError("not now");
  }

  Latch* const made_;
  std::atomic<pid_t>* const canceler_;
  int removals_ = 0;
};

// C27: the trigger that waits for the creator finds what that could not undo.
TEST_F(FinalizerTempDirTest, DoomedMeanwhileIsLeftToItsTrigger) {
  Latch made;
  std::atomic<pid_t> canceler{0};
  Unremovable directory(TempDirOptions().set_parent(Parent()), &made,
                        &canceler);
  absl::Status created;
  std::thread creator([&] { created = directory.Create(); });
  std::thread trigger([&] {
    made.Wait();
    canceler = ThisThread();
    EXPECT_FALSE(directory.CancelCreation());
    EXPECT_TRUE(directory.RemoveImplicitly().ok());
  });
  trigger.join();
  creator.join();
  EXPECT_TRUE(absl::IsCancelled(created)) << created;
  EXPECT_TRUE(Contains(std::string(created.message()), "not now")) << created;
  EXPECT_TRUE(directory.removed());
  EXPECT_TRUE(Entries(Parent()).empty());
}
// C28: the outcome of a drain that was to keep it, and could not.
TEST_F(FinalizerTempDirTest, KeepThatFailsIsTheOutcome) {
  OwnedDirectory directory{
      TempDirOptions().set_parent(Parent()).set_keep_on_failure()};
  ASSERT_TRUE(directory.Create().ok());
  directory.MarkFailed();
  const path away = Parent() / "away";
  ASSERT_EQ(rename(directory.path().c_str(), away.c_str()), 0);
  const absl::Status status = directory.RemoveImplicitly();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(directory.Outcome(), status);
  // For a call that has waited for that one.
  EXPECT_EQ(directory.RemoveAfter(0), status);
  ASSERT_EQ(rename(away.c_str(), directory.path().c_str()), 0);
  EXPECT_TRUE(directory.Remove().ok());
}

// A directory for which there is no space.
class Spaceless : public OwnedDirectory {
 public:
  using OwnedDirectory::OwnedDirectory;

  std::atomic<pid_t> creator{0};

 private:
  absl::Status MakeEntry(const tempdir_internal::ProcessRoot&) override {
    creator = ThisThread();
    return absl::ResourceExhaustedError("no space");
  }
};

// C15, C27: a trigger does not wait for one whose creator waits for space,
// which takes longer than the deadline of exit().
TEST_F(FinalizerTempDirTest, TriggersDoNotWaitForSpace) {
  BlockedRemovals blocked;
  Spaceless directory(TempDirOptions().set_parent(Parent()));
  std::atomic<bool> ended{false};
  absl::Status created;
  std::thread creator([&] {
    created = directory.Create();
    ended = true;
  });
  AwaitBlocked(directory.creator, SYS_futex);
  EXPECT_TRUE(directory.CancelCreation());
  EXPECT_FALSE(ended);
  blocked.Release();
  creator.join();
  EXPECT_TRUE(absl::IsCancelled(created)) << created;
  EXPECT_TRUE(Entries(Parent()).empty());
}
TEST_F(FinalizerTempDirTest, DrainsRaceCreation) {
  const Ended ended = RunForked([this] {
    const path parent = Parent();
    std::atomic<int> unexpected{0};
    std::atomic<int> busy{3};
    std::vector<std::thread> creators;
    for (int i = 0; i < 3; ++i) {
      creators.emplace_back([&] {
        for (int n = 0; n < 100; ++n) {
          auto dir =
              FinalizerTempDir::Create(TempDirOptions().set_parent(parent));
          if (dir.ok()) {
            if (n % 2 == 0) Abandon(*std::move(dir));
          } else if (!absl::IsCancelled(dir.status())) {
            ++unexpected;
          }
        }
        --busy;
      });
    }
    while (busy > 0) {
      const auto report = Registry::Process().Drain();
      SayUnless(report.status().ok(), "a drain failed: " + report.ToString());
    }
    for (std::thread& creator : creators) creator.join();
    SayUnless(Registry::Process().Drain().status().ok(),
              "the last drain failed");
    SayUnless(unexpected == 0, "another error than Cancelled");
    SayUnless(Entries(parent).empty(), "something is left");
  });
  EXPECT_EQ(ended.output, "");
}
// C10, C27: a registry in its last phase takes nothing from other threads.
TEST_F(FinalizerTempDirTest, ClosedRegistryCancels) {
  const Ended ended = RunForked([this] {
    const path parent = Parent();
    finalize::AtExit(
        finalize::Options("last").set_phase(tempdir::kTempDirPhase - 2), [&] {
          std::thread([&] {
            auto dir =
                FinalizerTempDir::Create(TempDirOptions().set_parent(parent));
            SayUnless(absl::IsCancelled(dir.status()), dir.status().ToString());
          }).join();
        });
    Registry::Process().Drain();
    SayUnless(Entries(parent).empty(), "something is left");
  });
  EXPECT_EQ(ended.output, "");
}

// C3: a Remove that loses to a drain waits for it and takes its outcome.
TEST_F(FinalizerTempDirTest, RemoveTakesTheOutcomeOfADrain) {
  const Ended ended = RunForked([] {
    std::optional<FinalizerTempDir> dir;
    std::optional<std::thread> loser;
    std::atomic<bool> calling{false};
    std::atomic<int> told{0};
    absl::Status seen;
    dir = Make<FinalizerTempDir>(TempDirOptions().set_failure_callback(
        [&](const path&, const absl::Status&) {
          if (++told != 1) return;
          // The drain's callback is still running here.
          loser.emplace([&] {
            calling = true;
            seen = dir->Remove();
          });
          while (!calling) std::this_thread::yield();
        }));
    Block(dir->path());
    finalize::SetFailureReporter([](const finalize::ReportEntry&) {});
    SayUnless(Registry::Process().Drain().failed == 1, "drain");
    loser->join();
    SayUnless(!seen.ok() && !dir->removed(), seen.ToString());
    Unblock(dir->path());
    SayUnless(dir->Remove().ok(), "tried again");
  });
  EXPECT_EQ(ended.output, "");
}
// The failure callback may put things right and try again itself.
TEST_F(FinalizerTempDirTest, FailureCallbackMayRemove) {
  const Ended ended = RunForked([] {
    static std::optional<FinalizerTempDir> dir;
    dir = Make<FinalizerTempDir>(TempDirOptions().set_failure_callback(
        [](const path& where, const absl::Status&) {
          Unblock(where);
          SayUnless(dir->Remove().ok(), "Remove");
        }));
    Block(dir->path());
    const auto report = Registry::Process().Drain();
    SayUnless(report.failed == 0, report.ToString());
    SayUnless(dir->removed(), "removed");
  });
  EXPECT_EQ(ended.output, "");
}

// C8, C28: after a failed destructor a drain tries once more.
TEST_F(FinalizerTempDirTest, DrainTriesAgainAfterAFailedDestructor) {
  const Ended ended = RunForked([] {
    path where;
    finalize::SetFailureReporter([](const finalize::ReportEntry&) {});
    {
      FinalizerTempDir dir = Make<FinalizerTempDir>();
      where = dir.path();
      Block(where);
    }
    Unblock(where);
    SayUnless(Exists(where), "there");
    SayUnless(Registry::Process().Drain().status().ok(), "drain");
    SayUnless(!Exists(where), "gone");
  });
  EXPECT_EQ(ended.output, "");
}
// C14: a failure at exit is reported; the rest goes.
TEST_F(FinalizerTempDirTest, FailureAtExitIsReported) {
  const Ended ended = RunForked([] {
    Abandon(Make<FinalizerTempDir>());
    FinalizerTempDir* blocked = Abandon(Make<FinalizerTempDir>());
    Block(blocked->path());
    Abandon(Make<FinalizerTempDir>());
    exit(0);
  });
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_TRUE(Contains(ended.output, "/mounted")) << ended.output;
  const auto roots = Entries(scratch());
  ASSERT_EQ(roots.size(), 1u);
  EXPECT_EQ(Entries(scratch() / roots[0]).size(), 1u);
}
// C28: what is marked is kept at exit, too.
TEST_F(FinalizerTempDirTest, MarkFailedKeepsAtExit) {
  const Ended ended = RunForked([] {
    FinalizerTempDir* dir = Abandon(Make<FinalizerTempDir>(
        TempDirOptions().set_keep_on_failure().set_prefix("post-mortem-")));
    dir->MarkFailed();
    exit(0);
  });
  EXPECT_TRUE(Contains(ended.output, "its owner failed")) << ended.output;
  ASSERT_EQ(Entries(scratch()).size(), 1u);
  EXPECT_EQ(WhatAFailureLeft(scratch()).filename().native().substr(0, 12),
            "post-mortem-");
}

// Keep against a drain: one of them wins, and the answer is true.
TEST_F(FinalizerTempDirTest, KeepRacesDrain) {
  const Ended ended = RunForked([this] {
    const path parent = Parent();
    for (int round = 0; round < 100; ++round) {
      FinalizerTempDir dir =
          Make<FinalizerTempDir>(TempDirOptions().set_parent(parent));
      absl::StatusOr<path> kept = absl::UnknownError("not called");
      std::thread keeper([&] { kept = dir.Keep(); });
      SayUnless(Registry::Process().Drain().status().ok(), "drain");
      keeper.join();
      if (kept.ok()) {
        SayUnless(Exists(*kept) && !dir.removed(), "kept, but gone");
        rmdir(kept->c_str());
      } else {
        SayUnless(dir.removed(), "neither kept nor removed");
      }
    }
    SayUnless(Entries(parent).empty(), "something is left");
  });
  EXPECT_EQ(ended.output, "");
}

// C9: temp dirs go after everything that the library has a name for.
TEST_F(FinalizerTempDirTest, PhaseIsBelowTheNamedOnes) {
  EXPECT_LT(tempdir::kTempDirPhase, finalize::kReleasePhase);
}

}  // namespace
