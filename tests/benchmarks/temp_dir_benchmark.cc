// SPDX-License-Identifier: Apache-2.0

// P11: a temp dir of each style, made and removed empty.
// P13: Remove() of a full one in the background, as its caller sees it.

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tempdir/destructor_temp_dir.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/remove_tree.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/benchmarks/bench_file_system.h"
#include "tests/benchmarks/bench_main.h"
#include "tests/benchmarks/bench_rounds.h"

namespace {

using bench::FileSystem;
using bench::Row;
using tempdir::DestructorTempDir;
using tempdir::FinalizerTempDir;
using tempdir::TempDirOptions;

constexpr int kCalls = 20;  // a batch is less than a millisecond

template <class Body>
double MicrosecondsPerCall(Body&& body) {
  const double start = bench::WallSeconds();
  for (int i = 0; i < kCalls; ++i) {
    if (!body()) {
      perror("temp dir");
      exit(1);
    }
  }
  return (bench::WallSeconds() - start) / kCalls * 1e6;
}

bool MakeRaw(const std::string& directory) {
  std::string path = directory + "/tmp-XXXXXX";
  return mkdtemp(path.data()) != nullptr && rmdir(path.c_str()) == 0;
}

// What a temp dir that is alone takes at least, with a root that is locked and
// marked: the calls alone, and no look at what they made.
bool MakeRawWithRoot(const std::string& directory) {
  std::string path = directory + "/root-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return false;
  const int root =
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  const char mark[] = "b 71c929 6b0c15a5 15c272a3";
  const bool made =
      root >= 0 && flock(root, LOCK_SH | LOCK_NB) == 0 &&
      fsetxattr(root, "user.finalize.root", mark, sizeof(mark) - 1, 0) == 0 &&
      mkdirat(root, "tmp", 0700) == 0 &&
      unlinkat(root, "tmp", AT_REMOVEDIR) == 0;
  return made && rmdir(path.c_str()) == 0 && close(root) == 0;
}

template <class TempDir>
bool MakeOurs(const TempDirOptions& options) {
  auto dir = TempDir::Create(options);
  return dir.ok() && dir->Remove().ok();
}

// Among others the root of the process is there already. One that is alone in
// its parent is made with its root, which is removed with it.
template <class TempDir>
std::vector<Row> MeasureStyle(const FileSystem& file_system,
                              const std::string& name) {
  std::string among = file_system.directory + "/finalize-bench-XXXXXX";
  std::string alone = among;
  if (mkdtemp(among.data()) == nullptr || mkdtemp(alone.data()) == nullptr) {
    return {};
  }
  const TempDirOptions beside = TempDirOptions().set_parent(among);
  const TempDirOptions by_itself = TempDirOptions().set_parent(alone);
  auto other = TempDir::Create(beside);
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(400),
      {[&] {
         return MicrosecondsPerCall([&] { return MakeOurs<TempDir>(beside); });
       },
       [&] { return MicrosecondsPerCall([&] { return MakeRaw(among); }); },
       [&] {
         return MicrosecondsPerCall(
             [&] { return MakeOurs<TempDir>(by_itself); });
       },
       [&] {
         return MicrosecondsPerCall([&] { return MakeRawWithRoot(alone); });
       }});
  if (!other.ok() || !other->Remove().ok() || rmdir(among.c_str()) != 0 ||
      rmdir(alone.c_str()) != 0) {
    return {};
  }
  const bool disk = file_system.name == "disk";
  Row row;
  row.what = name + ", create + Remove, " + file_system.note;
  row.peer = "mkdtemp + rmdir";
  row.unit = "us";
  row.bar = disk ? 1.15 : 1.5;
  row.aim = disk ? 1.05 : 1.3;
  Row only = row;
  row.what += ", among others";
  only.what += ", alone";
  only.bar = 2;
  only.aim = 0;
  Row floor = only;
  floor.what = "the bare calls of one that is alone, " + file_system.note;
  floor.bar = 0;
  return {Compare(row, rounds, 0, 1), Compare(only, rounds, 2, 1),
          Compare(floor, rounds, 3, 1)};
}

std::vector<Row> MeasureTempDirs() {
  std::vector<Row> rows;
  const auto append = [&](std::vector<Row> more) {
    for (Row& row : more) rows.push_back(std::move(row));
  };
  for (const FileSystem& file_system : bench::FileSystems()) {
    if (file_system.directory.empty()) {
      append({bench::Skipped({"", file_system.name}, file_system.note)});
      continue;
    }
    append(MeasureStyle<DestructorTempDir>(file_system, "DestructorTempDir"));
    append(MeasureStyle<FinalizerTempDir>(file_system, "FinalizerTempDir"));
  }
  return rows;
}

constexpr int kEntries = 10000;

void Fill(const std::string& directory) {
  for (int i = 0; i < kEntries; ++i) {
    const std::string file = directory + "/" + std::to_string(i);
    if (mknod(file.c_str(), S_IFREG | 0600, 0) != 0) {
      perror("mknod");
      exit(1);
    }
  }
}

// What a program would write for itself: a queue, and a thread that takes from
// it. Like the library's, the thread does not push aside the caller that wakes
// it up: that would be measured for milliseconds.
class Queue {
 public:
  Queue() : thread_([this] { Serve(); }) {}
  ~Queue() {
    Push("");
    thread_.join();
  }
  void Push(std::string path) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      paths_.push_back(std::move(path));
    }
    pushed_.notify_one();
  }

 private:
  void Serve() {
    const sched_param none = {};
    sched_setscheduler(0, SCHED_BATCH, &none);
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      pushed_.wait(lock, [this] { return !paths_.empty(); });
      const std::string path = std::move(paths_.front());
      paths_.pop_front();
      lock.unlock();
      if (path.empty()) return;
      if (!tempdir::RemoveTree(path).ok()) exit(1);
    }
  }

  std::mutex mutex_;
  std::condition_variable pushed_;
  std::deque<std::string> paths_;
  std::thread thread_;
};

// Microseconds of a Remove() that puts a full directory off.
double RemoveOurs(const TempDirOptions& options) {
  auto dir = FinalizerTempDir::Create(options);
  if (!dir.ok()) exit(1);
  Fill(dir->path().native());
  const double start = bench::WallSeconds();
  const bool removed = dir->Remove().ok();
  const double took = bench::WallSeconds() - start;
  if (!removed || !tempdir::FinishRemovals().ok() || !dir->removed()) exit(1);
  return took * 1e6;
}

double RemoveRaw(const std::string& directory) {
  std::string path = directory + "/tmp-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) exit(1);
  // Sleeps by the time it is filled, as the library's thread does. One that has
  // not begun to wait costs no wake-up.
  Queue queue;
  Fill(path);
  const std::string away = path + ".away";
  const double start = bench::WallSeconds();
  if (rename(path.c_str(), away.c_str()) != 0) exit(1);
  queue.Push(away);
  return (bench::WallSeconds() - start) * 1e6;
}

std::vector<Row> MeasureBackground() {
  std::vector<Row> rows;
  for (const FileSystem& file_system : bench::FileSystems()) {
    if (file_system.directory.empty()) {
      rows.push_back(bench::Skipped({"", file_system.name}, file_system.note));
      continue;
    }
    setenv("TMPDIR", file_system.directory.c_str(), 1);
    Row row;
    row.what = "Remove() in the background, 10000 files, " + file_system.note;
    row.peer = "rename + queue push";
    row.unit = "us";
    row.bar = 3;
    row.aim = 1.5;
    rows.push_back(bench::Compare(
        row, bench::MeasureInTurn(
                 bench::RoundCount(100),
                 {[] {
                    return RemoveOurs(
                        TempDirOptions().set_remove_in_background());
                  },
                  [&] { return RemoveRaw(file_system.directory); }})));
  }
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::Main(argc, argv,
                     {{"P11", MeasureTempDirs}, {"P13", MeasureBackground}});
}
