// SPDX-License-Identifier: Apache-2.0

// A file system that has no block left (C27, C28, C30): what needs one says so
// and where, nothing that was written is lost, and everything can be removed.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tempdir/temp_file.h"
#include "tests/support/blocked_removals.h"
#include "tests/support/dead_roots.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::TempDirOptions;
using tempdir::WriteFileAtomically;

constexpr char kParent[] = "/tmp/parent";

std::string Read(const path& file) {
  std::ifstream stream(file.native());
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Writes to `file` until there is no block left.
void Fill(const path& file) {
  const int fd = open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const std::string block(4096, 'f');
  while (write(fd, block.data(), block.size()) > 0) {
  }
  SayUnless(errno == ENOSPC, "not full");
  close(fd);
}

bool IsFull() {
  return absl::IsResourceExhausted(WriteFileAtomically("/tmp/probe", "x"));
}

template <class Dir>
class FullFileSystemTest : public testing::Test {
 protected:
  // `body` runs on a file system of 64 KiB and says what is not so.
  template <class Body>
  static void ExpectWell(const Body& body) {
    const Ended ended = RunForked([&body] {
      setenv("FINALIZE_REAP", "0", 1);
      MountMemory("/tmp", "mode=1777,size=64k");
      MakeDirectory(kParent);
      body();
    });
    EXPECT_EQ(ended.output, "");
    EXPECT_EQ(ended.exit_code, 0);
  }
  static Dir MakeOne(TempDirOptions options = {}) {
    return Make<Dir>(options.set_parent(kParent));
  }
};
TYPED_TEST_SUITE(FullFileSystemTest, Styles, StyleName);

// A directory takes no block there.
TYPED_TEST(FullFileSystemTest, OneIsMadeAndRemoved) {
  this->ExpectWell([] {
    Fill("/tmp/full");
    TypeParam dir = TestFixture::MakeOne();
    SayUnless(IsFull(), "not full");
    SayUnless(dir.Remove().ok() && dir.removed(), "not removed");
    SayUnless(Entries(kParent).empty(), "something is left");
  });
}

TYPED_TEST(FullFileSystemTest, FailedWriteNamesThePathAndLosesNothing) {
  this->ExpectWell([] {
    TypeParam dir = TestFixture::MakeOne();
    const path old = dir.path() / "old";
    SayUnless(WriteFileAtomically(old, "old").ok(), "first");
    Fill("/tmp/full");
    for (const path& file : {old, dir.path() / "new"}) {
      const absl::Status status = WriteFileAtomically(file, "new");
      SayUnless(absl::IsResourceExhausted(status), status.ToString());
      SayUnless(status.ToString().find(file.native()) != std::string::npos,
                status.ToString());
    }
    SayUnless(Read(old) == "old", "lost");
    SayUnless(Entries(dir.path()).size() == 1, "something is left");
    SayUnless(dir.Remove().ok(), "not removed");
  });
}

// C28.
TYPED_TEST(FullFileSystemTest, KeepLosesNothing) {
  this->ExpectWell([] {
    for (const bool directly : {false, true}) {
      TypeParam dir =
          TestFixture::MakeOne(TempDirOptions().set_direct(directly));
      MakeFile(dir.path() / "file");
      Fill("/tmp/full");
      const auto kept = dir.Keep();
      SayUnless(kept.ok(), kept.status().ToString());
      SayUnless(Read(*kept / "file") == "content", "lost");
      auto report = tempdir::Reap(kParent);
      SayUnless(report.ok() && report->roots.empty(),
                "within a reaper's reach");
      unlink("/tmp/full");
    }
  });
}

// What fills the file system is in the temp dir.
TYPED_TEST(FullFileSystemTest, RemoveMakesRoom) {
  this->ExpectWell([] {
    TypeParam dir = TestFixture::MakeOne();
    Fill(dir.path() / "full");
    SayUnless(IsFull(), "not full");
    const absl::Status status = dir.Remove();
    SayUnless(status.ok() && dir.removed(), status.ToString());
    SayUnless(Entries(kParent).empty(), "something is left");
    SayUnless(!IsFull(), "no room");
  });
}

TYPED_TEST(FullFileSystemTest, RemovalInTheBackgroundMakesRoom) {
  this->ExpectWell([] {
    for (const bool directly : {false, true}) {
      BlockedRemovals blocked;
      TypeParam dir = TestFixture::MakeOne(
          TempDirOptions().set_direct(directly).set_remove_in_background());
      Fill(dir.path() / "full");
      SayUnless(dir.Remove().ok() && !dir.removed(), "not put off");
      SayUnless(IsFull(), "not full");
      blocked.Release();
      const absl::Status status = tempdir::FinishRemovals();
      SayUnless(status.ok() && dir.removed(), status.ToString());
      SayUnless(Entries(kParent).empty(), "something is left");
      SayUnless(!IsFull(), "no room");
      unlink("/tmp/probe");
    }
  });
}

// C30.
TYPED_TEST(FullFileSystemTest, ReapMakesRoomAndLeavesTheLiving) {
  this->ExpectWell([] {
    TypeParam live = TestFixture::MakeOne();
    MakeFile(live.path() / "file");
    Fill(MakeDeadRoot(kParent) / "full");
    SayUnless(IsFull(), "not full");
    auto report = tempdir::Reap(kParent);
    SayUnless(report.ok(), report.status().ToString());
    SayUnless(report->Count(tempdir::ReapOutcome::kRemoved) == 1,
              "not removed");
    SayUnless(Read(live.path() / "file") == "content", "lost");
    SayUnless(!IsFull(), "no room");
  });
}

}  // namespace
