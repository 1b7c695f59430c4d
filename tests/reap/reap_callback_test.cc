// SPDX-License-Identifier: Apache-2.0

// The report of the reaping that a process does by itself.

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>

#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "finalize/failure_reporter.h"
#include "finalize/report.h"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir.h"
#include "tests/support/dead_roots.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::ReapOutcome;
using tempdir::ReapReport;
using tempdir::TempDir;

// What the callback passes on to the thread that waits for it.
class Message {
 public:
  Message() {
    if (pipe(ends_) != 0) abort();
  }
  void Send(const std::string& text) const {
    // In one piece: callbacks run on several threads.
    (void)!write(ends_[1], text.c_str(), text.size() + 1);
  }
  std::string Receive() const {
    std::string text;
    char letter;
    while (read(ends_[0], &letter, 1) == 1 && letter != 0) text += letter;
    return text;
  }

 private:
  int ends_[2];
};

std::string ThreadName() {
  std::ifstream file("/proc/thread-self/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

class ReapCallbackTest : public TempDirFixture {
 protected:
  // For a child of the test: reaps by itself, and sends what it hears.
  void Listen() {
    unsetenv("FINALIZE_REAP");
    tempdir::SetAutomaticReapCallback(
        [this](const std::string& parent,
               const absl::StatusOr<ReapReport>& report) {
          std::string text = ThreadName() + " " + parent;
          if (!report.ok()) {
            text += " " + absl::StatusCodeToString(report.status().code());
          } else {
            for (const tempdir::ReapedRoot& root : report->roots) {
              if (root.outcome == ReapOutcome::kRemoved)
                text += " " + root.path;
            }
          }
          // No lock is held: one more temp dir can be made.
          text += TempDir::Create().ok() ? "" : " cannot make another";
          message_.Send(text);
        });
  }
  Message message_;
};

// C30: what was removed can be heard of.
TEST_F(ReapCallbackTest, HearsWhatWasRemoved) {
  const path root = MakeDeadRoot(scratch());
  const Ended ended = RunForked([&] {
    Listen();
    const TempDir dir = Make<TempDir>();
    const std::string heard = message_.Receive();
    SayUnless(
        heard == "finalize-reap " + scratch().native() + " " + root.native(),
        heard);
  });
  EXPECT_EQ(ended.output, "");
}
TEST_F(ReapCallbackTest, HearsThatNothingCouldBeReaped) {
  const Ended ended = RunForked([&] {
    MountMemory("/tmp");
    MakeDirectory("/tmp/parent");
    SayUnless(chown("/tmp/parent", kNobody, kNobody) == 0, "chown");
    SayUnless(chmod("/tmp/parent", 0300) == 0, "chmod");
    BecomeNobody();
    setenv("TMPDIR", "/tmp/parent", 1);
    Listen();
    const TempDir dir = Make<TempDir>();
    const std::string heard = message_.Receive();
    SayUnless(heard == "finalize-reap /tmp/parent PERMISSION_DENIED", heard);
  });
  EXPECT_EQ(ended.output, "");
}
// Create itself reaps where the file system is full, under the lock of the temp
// dir that it makes: the callback runs on another thread.
TEST_F(ReapCallbackTest, HearsOfAFullFileSystem) {
  const Ended ended = RunForked([this] {
    MountMemory(scratch(), "mode=0700,nr_inodes=10");
    std::string roots;
    for (int i = 0; i < 3; ++i) roots = MakeDeadRoot(scratch()).native();
    Listen();
    const auto dir = TempDir::Create();
    SayUnless(dir.ok(), dir.status().ToString());
    // The one that made room, and the one after it: in either order.
    const std::string heard = message_.Receive() + "\n" + message_.Receive();
    SayUnless(heard.find(roots) != std::string::npos, heard);
    SayUnless(heard.find("finalize-reap " + scratch().native()) == 0, heard);
  });
  EXPECT_EQ(ended.output, "");
}
// C14: what it throws is reported.
TEST_F(ReapCallbackTest, WhatItThrowsIsReported) {
  const Ended ended = RunForked([this] {
    unsetenv("FINALIZE_REAP");
    static Message* const message = &message_;
    finalize::SetFailureReporter([](const finalize::ReportEntry& entry) {
      message->Send(entry.name + ": " + std::string(entry.status.message()));
    });
    tempdir::SetAutomaticReapCallback(
        [](const std::string&, const absl::StatusOr<ReapReport>&) {
          throw std::runtime_error("broken");
        });
    const TempDir dir = Make<TempDir>();
    const std::string heard = message_.Receive();
    SayUnless(heard == "reap callback: broken", heard);
  });
  EXPECT_EQ(ended.output, "");
}
// One that is taken back is not called; the next one hears of it.
TEST_F(ReapCallbackTest, LastOneSetIsCalled) {
  const path root = MakeDeadRoot(scratch());
  const Ended ended = RunForked([&] {
    tempdir::SetAutomaticReapCallback(
        [](const std::string&, const absl::StatusOr<ReapReport>&) {
          SayUnless(false, "the replaced one was called");
        });
    tempdir::SetAutomaticReapCallback(nullptr);
    Listen();
    const TempDir dir = Make<TempDir>();
    const std::string heard = message_.Receive();
    SayUnless(heard.find(root.native()) != std::string::npos, heard);
  });
  EXPECT_EQ(ended.output, "");
}

}  // namespace
