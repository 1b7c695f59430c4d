// SPDX-License-Identifier: Apache-2.0

// What others put in the reaper's way (C29, C30): it touches nothing but dead
// roots of its own user, hangs on nothing, and says what it refused.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/internal/marks/root_mark.h"
#include "tempdir/reap.h"
#include "tests/support/dead_roots.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::ReapOutcome;
using tempdir::ReapReport;

constexpr char kRootName[] = "finalize-0-aaaaaaaaaaaaaaaa";

class ReapAttackTest : public TempDirFixture {
 protected:
  path parent() const { return Parent(); }
  path Named() const { return parent() / kRootName; }

  // The one entry of the report on the parent.
  tempdir::ReapedRoot ReapOnly() const {
    absl::StatusOr<ReapReport> report = tempdir::Reap(parent());
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok() || report->roots.size() != 1) {
      ADD_FAILURE() << "not one entry";
      return {};
    }
    return report->roots[0];
  }
  void ExpectRefused() const {
    const tempdir::ReapedRoot root = ReapOnly();
    EXPECT_EQ(root.outcome, ReapOutcome::kRefused);
    EXPECT_NE(std::string(root.status.message()).find(kRootName),
              std::string::npos)
        << root.status;
    EXPECT_TRUE(Exists(Named()));
  }
};

TEST_F(ReapAttackTest, DirectoryOfAnotherUserIsRefused) {
  MakeDirectory(Named());
  MakeFile(Named() / "file");
  ASSERT_EQ(chown(Named().c_str(), kNobody, kNobody), 0);
  ExpectRefused();
  EXPECT_TRUE(Exists(Named() / "file"));
}

TEST_F(ReapAttackTest, LinkIsRefused) {
  const path target = Parent("target");
  MakeFile(target / "file");
  ASSERT_EQ(symlink(target.c_str(), Named().c_str()), 0);
  ExpectRefused();
  EXPECT_TRUE(Exists(target / "file"));
}

TEST_F(ReapAttackTest, FileIsRefused) {
  MakeFile(Named());
  ExpectRefused();
}

// Opening it would wait for a writer.
TEST_F(ReapAttackTest, FifoIsRefused) {
  ASSERT_EQ(mkfifo(Named().c_str(), 0600), 0);
  ExpectRefused();
}

TEST_F(ReapAttackTest, SocketIsRefused) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const int here = open(parent().c_str(), O_PATH | O_CLOEXEC);
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s",
           here, kRootName);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  close(here);
  ExpectRefused();
  close(fd);
}

TEST_F(ReapAttackTest, MountPointIsRefused) {
  MakeDirectory(Named());
  const Ended ended = RunForked([this] {
    MountMemory(Named());
    MakeFile(Named() / "file");
    auto report = tempdir::Reap(parent());
    SayUnless(report.ok() && report->Count(ReapOutcome::kRefused) == 1,
              "taken");
    SayUnless(Exists(Named() / "file"), "touched");
  });
  EXPECT_EQ(ended.output, "");
}

// Names that almost are ones, up to the longest, and the roots of other users.
TEST_F(ReapAttackTest, OtherNamesAreNotLookedAt) {
  for (const std::string& name :
       {std::string("finalize-0-short"), std::string(255, 'f'),
        std::string(kRootName) + std::string(200, 'a'),
        std::string("finalize-0-aaaaaaaaaaaaaaaa.reaper"), std::string("-rf"),
        std::string("finalize-0-aaaaaaaaaaaaaaa\n")}) {
    MakeDirectory(parent() / name);
  }
  const path others = parent() / "finalize-65534-aaaaaaaaaaaaaaaa";
  MakeDirectory(others);
  ASSERT_EQ(chown(others.c_str(), kNobody, kNobody), 0);
  MakeFile(parent() / "finalize-65534-bbbbbbbbbbbbbbbb");
  auto report = tempdir::Reap(parent());
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->roots.empty());
  EXPECT_EQ(Entries(parent()).size(), 8u);
}

// What a dead root holds leads nowhere.
TEST_F(ReapAttackTest, NothingOutsideIsReachedThroughContent) {
  const path root = MakeDeadRoot(parent());
  const path outside = Parent("outside");
  MakeFile(outside / "file");
  ASSERT_EQ(symlink(outside.c_str(), (root / "link").c_str()), 0);
  ASSERT_EQ(link((outside / "file").c_str(), (root / "hard").c_str()), 0);
  ASSERT_EQ(mkfifo((root / "fifo").c_str(), 0600), 0);
  ASSERT_EQ(chmod((outside / "file").c_str(), 0444), 0);
  EXPECT_EQ(ReapOnly().outcome, ReapOutcome::kRemoved);
  EXPECT_TRUE(Entries(parent()).empty());
  EXPECT_TRUE(Exists(outside / "file"));
  EXPECT_EQ(Mode(outside / "file"), 0444u);
}

// C30: its owner may rename any directory of ours to look like a root.
TEST_F(ReapAttackTest, OnlyMarkedRootsAreTakenInAParentOfAnotherUser) {
  MakeDirectory(Named());
  MakeFile(Named() / "file");
  ASSERT_EQ(chown(parent().c_str(), kNobody, kNobody), 0);
  ExpectRefused();
  EXPECT_TRUE(Exists(Named() / "file"));
  MarkAsRoot(Named());
  EXPECT_EQ(ReapOnly().outcome, ReapOutcome::kRemoved);
}

// C30: so may everybody. A directory of ours that others could once write may
// have a mark of theirs; the bit that a root has, they cannot set.
TEST_F(ReapAttackTest, MarkOfAnotherUserIsNone) {
  MakeDirectory(Named());
  ASSERT_EQ(chmod(Named().c_str(), 0777), 0);
  MakeFile(Named() / "file");
  const int fd = open(Named().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const Ended ended = RunForked([fd] {
    BecomeNobody();
    SayUnless(tempdir_internal::MarkRoot(fd, "").ok(), "no mark");
    SayUnless(fchmod(fd, tempdir_internal::kMarkedRootMode) != 0,
              "mode changed");
  });
  ASSERT_EQ(ended.output, "");
  ASSERT_EQ(tempdir_internal::RootMarkOf(fd), tempdir_internal::RootMark::kSet);
  close(fd);
  for (const mode_t mode : {0777, 0700, 01777}) {
    ASSERT_EQ(chmod(Named().c_str(), mode), 0);
    ASSERT_EQ(chmod(parent().c_str(), 0777), 0);
    ExpectRefused();
  }
  EXPECT_TRUE(Exists(Named() / "file"));
}

// Another user has filled a sticky parent: with look-alikes that hold a huge
// name, links of both kinds, and a fifo.
TEST_F(ReapAttackTest, PlantsInAStickyParentAreLeftAndReported) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    MakeDirectory("/tmp/outside");
    MakeFile("/tmp/outside/file");
    RunForked([] {
      BecomeNobody();
      MakeDirectory("/tmp/finalize-0-aaaaaaaaaaaaaaaa");
      const std::string planted = "/tmp/finalize-0-aaaaaaaaaaaaaaaa/";
      MakeFile(planted + std::string(255, 'n'));
      MakeDirectory("/tmp/finalize-0-bbbbbbbbbbbbbbbb.reap");
      if (symlink("/tmp/outside", "/tmp/finalize-0-cccccccccccccccc") != 0 ||
          mkfifo("/tmp/finalize-0-dddddddddddddddd", 0666) != 0 ||
          link((planted + std::string(255, 'n')).c_str(),
               "/tmp/finalize-0-eeeeeeeeeeeeeeee") != 0) {
        abort();
      }
    });
    const path own = MakeDeadRoot("/tmp");
    auto report = tempdir::Reap("/tmp");
    SayUnless(report.ok(), report.status().ToString());
    SayUnless(report->Count(ReapOutcome::kRemoved) == 1, "own one left");
    SayUnless(report->Count(ReapOutcome::kRefused) == 5, "not refused");
    SayUnless(Entries("/tmp").size() == 6, "not what was there");
    SayUnless(Exists("/tmp/outside/file"), "outside");
  });
  EXPECT_EQ(ended.output, "");
}

// C29: directories of the content are swapped for links while it works.
TEST_F(ReapAttackTest, SwapsLeadNowhere) {
  const path outside = Parent("outside");
  MakeFile(outside / "file");
  for (int round = 0; round < 100; ++round) {
    const path root = MakeDeadRoot(parent());
    for (const char* name : {"a", "b", "c"}) {
      MakeDirectory(root / name);
      MakeFile(root / name / "file");
    }
    ASSERT_EQ(symlink(outside.c_str(), (root / "link").c_str()), 0);
    const int fd = open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    std::atomic<bool> done{false};
    std::atomic<bool> swapping{false};
    std::thread swapper([&] {
      while (!done) {
        for (const char* name : {"a", "b", "c"}) {
          renameat2(fd, name, fd, "link", RENAME_EXCHANGE);
        }
        swapping = true;
      }
    });
    while (!swapping) std::this_thread::yield();
    EXPECT_TRUE(tempdir::Reap(parent()).ok());
    done = true;
    swapper.join();
    close(fd);
    EXPECT_TRUE(tempdir::Reap(parent()).ok());
    EXPECT_TRUE(Entries(parent()).empty());
    EXPECT_EQ(Entries(outside).size(), 1u);
  }
}

}  // namespace
