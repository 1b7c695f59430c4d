// SPDX-License-Identifier: Apache-2.0

// Many processes at once, created and killed at random, while reapers run
// (C30): no directory of a live process is ever touched, and nothing is left.

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/dead_roots.h"
#include "tests/support/forked.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using finalize_test::Forked;
using finalize_test::SendSignal;
using tempdir::ReapOutcome;
using tempdir::TempDirOptions;

// What the processes of a test have in common.
struct Board {
  std::atomic<bool> done;
  std::atomic<int> live_touched;
  std::atomic<int> failed;
  std::atomic<int> made;
  std::atomic<int> reaped;
};

class Shared {
 public:
  Shared()
      : board_(new (mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Board()) {}
  ~Shared() { munmap(board_, sizeof(Board)); }
  Board* operator->() const { return board_; }
  Board& operator*() const { return *board_; }

 private:
  Board* const board_;
};

pid_t Fork(const std::function<void()>& body) {
  const pid_t pid = Forked(fork());
  if (pid == 0) {
    body();
    _exit(0);
  }
  return pid;
}

void Await(pid_t pid) { waitpid(pid, nullptr, 0); }

// Reaps until the board says that all is done.
void KeepReaping(Board& board, const path& parent) {
  for (; !board.done; sched_yield()) {
    const auto report = tempdir::Reap(parent);
    if (!report.ok()) ++board.failed;
    if (!report.ok()) continue;
    board.reaped += static_cast<int>(report->Count(ReapOutcome::kRemoved));
    if (report->Count(ReapOutcome::kFailed) +
            report->Count(ReapOutcome::kRefused) !=
        0) {
      ++board.failed;
    }
  }
}

std::vector<pid_t> StartReapers(int count, Board& board, const path& parent) {
  std::vector<pid_t> reapers;
  for (int i = 0; i < count; ++i) {
    reapers.push_back(Fork([&] { KeepReaping(board, parent); }));
  }
  return reapers;
}

// One temp dir from begin to end, with so many looks at what it holds in
// between.
template <class Dir>
void LiveOnce(Board& board, const path& parent, int looks) {
  auto dir = Dir::Create(TempDirOptions().set_parent(parent));
  if (!dir.ok()) {
    ++board.failed;
    return;
  }
  MakeFile(dir->path() / "file");
  ++board.made;
  for (int i = 0; i < looks; ++i, sched_yield()) {
    if (!Exists(dir->path() / "file")) ++board.live_touched;
  }
  if (!dir->Remove().ok()) ++board.failed;
}

template <class Dir>
class ReapSoakTest : public TempDirFixture {
 protected:
  // Runs `body` with a parent in memory, in a process of its own. Then nothing
  // may be left in there, nor a live directory touched.
  void Soak(const std::function<void(Board&, const path&)>& body) {
    const path memory = Parent("memory");
    const Ended ended = RunForked([&] {
      MountMemory(memory);
      const Shared board;
      body(*board, memory);
      auto last = tempdir::Reap(memory);
      SayUnless(last.ok(), last.status().ToString());
      SayUnless(Entries(memory).empty(), "something is left");
      SayUnless(board->live_touched == 0, "a live directory was touched");
      SayUnless(board->failed == 0, std::to_string(board->failed) + " failed");
      SayUnless(board->made > 0, "none was made");
    });
    EXPECT_EQ(ended.output, "");
    EXPECT_EQ(ended.exit_code, 0);
  }
};
TYPED_TEST_SUITE(ReapSoakTest, Styles, StyleName);

// Edge 16.
TYPED_TEST(ReapSoakTest, CreatorAgainstFourReapers) {
  this->Soak([](Board& board, const path& parent) {
    const auto reapers = StartReapers(4, board, parent);
    for (int i = 0; i < 10000; ++i) LiveOnce<TypeParam>(board, parent, 1);
    board.done = true;
    for (pid_t reaper : reapers) Await(reaper);
    SayUnless(board.reaped <= board.made, "more reaped than made");
  });
}

// Killed in every stage, while reapers, some of them killed as well, work.
TYPED_TEST(ReapSoakTest, ProcessesKilledAtRandom) {
  this->Soak([](Board& board, const path& parent) {
    constexpr int kProcesses = 1000;
    std::minstd_rand random(17);
    std::array<pid_t, 2> reapers = {};
    std::array<pid_t, 16> owners = {};
    for (int i = 0; i < kProcesses; ++i) {
      pid_t& owner = owners[random() % owners.size()];
      if (owner != 0) {
        SendSignal(owner, SIGKILL);
        Await(owner);
      }
      // Some make one after the other, some are at one nearly all the time.
      const int looks = i % 3 == 0 ? 1 : 300;
      owner = Fork([&] {
        for (;; sched_yield()) LiveOnce<TypeParam>(board, parent, looks);
      });
      if (i % 25 == 0) {
        pid_t& reaper = reapers[random() % reapers.size()];
        if (reaper != 0) {
          SendSignal(reaper, SIGKILL);
          Await(reaper);
        }
        reaper = Fork([&] { KeepReaping(board, parent); });
      }
      const int seen = board.made;
      // The first ones die young, the others after they have worked.
      while (i % 2 == 0 && board.made < seen + static_cast<int>(random() % 4)) {
        sched_yield();
      }
    }
    board.done = true;
    for (pid_t owner : owners) {
      if (owner == 0) continue;
      SendSignal(owner, SIGKILL);
      Await(owner);
    }
    for (pid_t reaper : reapers) {
      if (reaper != 0) Await(reaper);
    }
  });
}

// Edge 15: 1,000 roots, 200 of them alive.
TYPED_TEST(ReapSoakTest, LiveSiblingsAreNeverTouched) {
  this->Soak([](Board& board, const path& parent) {
    constexpr int kLive = 200;
    constexpr int kDead = 800;
    std::vector<pid_t> owners;
    for (int i = 0; i < kLive; ++i) {
      owners.push_back(Fork([&] {
        auto* dir =
            Abandon(Make<TypeParam>(TempDirOptions().set_parent(parent)));
        MakeFile(dir->path() / "file");
        ++board.made;
        while (!board.done) {
          if (!Exists(dir->path() / "file")) ++board.live_touched;
          pause();
        }
      }));
    }
    while (board.made < kLive) sched_yield();
    for (int i = 0; i < kDead; ++i) {
      std::string name = "finalize-0-aaaaaaaaaaaa";
      for (int left = i, k = 0; k < 4; ++k, left /= 10) {
        name.push_back(static_cast<char>('a' + left % 10));
      }
      MakeDirectory(parent / name);
      MarkAsRoot(parent / name);
      MakeFile(parent / name / "file");
    }
    auto report = tempdir::Reap(parent);
    SayUnless(report.ok() && report->Count(ReapOutcome::kRemoved) == kDead,
              "dead");
    SayUnless(report.ok() && report->Count(ReapOutcome::kInUse) == kLive,
              "alive");
    SayUnless(Entries(parent).size() == kLive, "entries");
    for (const std::string& name : Entries(parent)) {
      SayUnless(Entries(parent / name).size() == 1, "touched");
    }
    for (pid_t owner : owners) {
      SendSignal(owner, SIGKILL);
      Await(owner);
    }
  });
}

}  // namespace
