// SPDX-License-Identifier: Apache-2.0

// Remove() and the destructor: what both styles promise.

#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "finalize/failure_reporter.h"
#include "gtest/gtest.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using tempdir::TempDirOptions;

template <class Dir>
class TempDirRemovalTest : public TempDirFixture {};
TYPED_TEST_SUITE(TempDirRemovalTest, Styles, StyleName);

bool Names(const absl::Status& status, const boost::filesystem::path& path) {
  return status.ToString().find(path.native()) != std::string::npos;
}

void Fill(const boost::filesystem::path& path) {
  MakeFile(path / "file");
  MakeDirectory(path / "sub");
  MakeFile(path / "sub" / "file");
  if (chmod((path / "sub").c_str(), 0555) != 0) abort();
}

// What a directory with a mount point in it gives: it cannot be removed before
// `Unblock`. For a child process.
void Block(const boost::filesystem::path& path) {
  MakeDirectory(path / "mounted");
  MountMemory(path / "mounted");
}
void Unblock(const boost::filesystem::path& path) {
  if (umount((path / "mounted").c_str()) != 0) abort();
}

TYPED_TEST(TempDirRemovalTest, DestructorRemovesContentToo) {
  boost::filesystem::path path;
  {
    TypeParam dir = Make<TypeParam>();
    path = dir.path();
    Fill(path);
  }
  EXPECT_FALSE(Exists(path));
}

// C28.
TYPED_TEST(TempDirRemovalTest, RemoveRemovesAndStaysOk) {
  TypeParam dir = Make<TypeParam>();
  Fill(dir.path());
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(dir.removed());
  EXPECT_FALSE(Exists(dir.path()));
  // Not what came to its path later either.
  const auto root = dir.path().parent_path();
  MakeDirectory(root);
  MakeDirectory(dir.path());
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(Exists(dir.path()));
  ASSERT_EQ(rmdir(dir.path().c_str()), 0);
  ASSERT_EQ(rmdir(root.c_str()), 0);
}

// Edge 6.
TYPED_TEST(TempDirRemovalTest, RemovedBySomebodyElseIsSuccessWithoutNoise) {
  const Ended ended = RunForked([] {
    std::optional<TypeParam> first = Make<TypeParam>();
    TypeParam second = Make<TypeParam>();
    SayUnless(rmdir(first->path().c_str()) == 0, "rmdir");
    SayUnless(rmdir(second.path().c_str()) == 0, "rmdir");
    SayUnless(second.Remove().ok() && second.removed(), "Remove");
    first.reset();
  });
  EXPECT_EQ(ended.output, "");
}

// C27, edge 5: another directory's content at its path is never removed.
TYPED_TEST(TempDirRemovalTest, StrangerInItsPlaceSurvives) {
  const auto away = this->In("away");
  TypeParam dir = Make<TypeParam>();
  MakeFile(dir.path() / "own");
  ASSERT_EQ(rename(dir.path().c_str(), away.c_str()), 0);
  MakeDirectory(dir.path());
  MakeFile(dir.path() / "foreign");

  const absl::Status status = dir.Remove();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(Names(status, dir.path())) << status;
  EXPECT_TRUE(Names(status, away)) << status;
  EXPECT_FALSE(dir.removed());
  EXPECT_TRUE(Exists(dir.path() / "foreign"));
  EXPECT_TRUE(Exists(away / "own"));

  // Put back, it can be removed after all (C28).
  ASSERT_EQ(unlink((dir.path() / "foreign").c_str()), 0);
  ASSERT_EQ(rename(away.c_str(), dir.path().c_str()), 0);
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(dir.removed());
}

// C27: not even where it is empty, or has the inode number that was ours.
TYPED_TEST(TempDirRemovalTest, EmptyStrangerSurvives) {
  TypeParam dir = Make<TypeParam>();
  ASSERT_EQ(rmdir(dir.path().c_str()), 0);
  MakeDirectory(dir.path());
  const absl::Status status = dir.Remove();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(Exists(dir.path()));
  ASSERT_EQ(rmdir(dir.path().c_str()), 0);
}

// C28: removed() never lies. What was moved away is somebody's on purpose.
TYPED_TEST(TempDirRemovalTest, MovedAwayIsLeftAndSaid) {
  const auto away = this->In("away");
  TypeParam dir = Make<TypeParam>();
  ASSERT_EQ(rename(dir.path().c_str(), away.c_str()), 0);
  const absl::Status status = dir.Remove();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(Names(status, away)) << status;
  EXPECT_FALSE(dir.removed());
  ASSERT_EQ(rmdir(away.c_str()), 0);
  EXPECT_TRUE(dir.Remove().ok());
}

// C28: it says why, and can be tried again.
TYPED_TEST(TempDirRemovalTest, FailedRemoveCanBeTriedAgain) {
  const Ended ended = RunForked([] {
    TypeParam dir = Make<TypeParam>();
    MakeFile(dir.path() / "file");
    Block(dir.path());
    for (int i = 0; i < 2; ++i) {
      const absl::Status status = dir.Remove();
      SayUnless(!status.ok() && Names(status, dir.path() / "mounted"),
                status.ToString());
      SayUnless(!dir.removed(), "removed() lies");
    }
    SayUnless(!Exists(dir.path() / "file"), "the rest is gone");
    Unblock(dir.path());
    SayUnless(dir.Remove().ok(), dir.Remove().ToString());
    SayUnless(dir.removed() && !Exists(dir.path()), "gone");
  });
  EXPECT_EQ(ended.output, "");
}

// Edge 7: no throw, no terminate; the status names path and reason.
TYPED_TEST(TempDirRemovalTest, ReadOnlyRootIsReported) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    setenv("TMPDIR", "/tmp", 1);
    BecomeNobody();
    std::optional<TypeParam> dir = Make<TypeParam>();
    const auto path = dir->path();
    const auto root = path.parent_path();
    chmod(root.c_str(), 0555);
    const absl::Status status = dir->Remove();
    SayUnless(absl::IsPermissionDenied(status), status.ToString());
    SayUnless(Names(status, path), status.ToString());
    static std::string reported;
    finalize::SetFailureReporter([](const finalize::ReportEntry& entry) {
      reported = entry.ToString();
    });
    dir.reset();
    SayUnless(reported.find(path.native()) != std::string::npos, reported);
    SayUnless(reported.find("temp_dir_removal_test.cc") != std::string::npos ||
                  reported.find("temp_dir_styles.h") != std::string::npos,
              reported);
    chmod(root.c_str(), 0700);
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.exit_code, 0);
}

// C28: one works, the others take its outcome.
TYPED_TEST(TempDirRemovalTest, ConcurrentRemovesAllSucceed) {
  for (int round = 0; round < 10; ++round) {
    TypeParam dir = Make<TypeParam>();
    Fill(dir.path());
    std::atomic<int> ready{0};
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (++ready; ready < 8;) std::this_thread::yield();
        if (dir.Remove().ok() && dir.removed()) ++good;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good, 8);
    EXPECT_FALSE(Exists(dir.path()));
  }
}

TYPED_TEST(TempDirRemovalTest, ConcurrentRemovesAllFail) {
  const Ended ended = RunForked([] {
    TypeParam dir = Make<TypeParam>();
    Block(dir.path());
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        if (!dir.Remove().ok() && !dir.removed()) ++failed;
      });
    }
    for (std::thread& thread : threads) thread.join();
    SayUnless(failed == 8, "somebody was told a lie");
    Unblock(dir.path());
    SayUnless(dir.Remove().ok(), "tried again");
  });
  EXPECT_EQ(ended.output, "");
}

// Edge 36.
TYPED_TEST(TempDirRemovalTest, ManyCyclesLeakNoDescriptor) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    setenv("TMPDIR", "/tmp", 1);
    { TypeParam first = Make<TypeParam>(); }
    const size_t before = CountDescriptors();
    for (int i = 0; i < 20000; ++i) {
      TypeParam dir = Make<TypeParam>();
      if (i % 2 == 0) SayUnless(dir.Remove().ok(), "Remove");
    }
    SayUnless(CountDescriptors() == before, "descriptors leak");
    SayUnless(Entries("/tmp").empty(), "something is left");
  });
  EXPECT_EQ(ended.output, "");
}
TYPED_TEST(TempDirRemovalTest, ManyRootsLeakNoDescriptor) {
  const auto options = TempDirOptions().set_parent(this->Parent());
  { TypeParam first = Make<TypeParam>(options); }
  const size_t before = CountDescriptors();
  for (int i = 0; i < 100; ++i) {
    TypeParam dir = Make<TypeParam>(options);
  }
  EXPECT_EQ(CountDescriptors(), before);
  EXPECT_TRUE(Entries(this->Parent()).empty());
}

}  // namespace
