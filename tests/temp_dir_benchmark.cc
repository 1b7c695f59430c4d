// P11: a temp dir of each style, made and removed empty.

#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "tempdir/destructor_temp_dir.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/bench_file_system.h"
#include "tests/bench_main.h"
#include "tests/bench_rounds.h"

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

template <class TempDir>
bool MakeOurs(const TempDirOptions& options) {
  auto dir = TempDir::Create(options);
  return dir.ok() && dir->Remove().ok();
}

// Where TMPDIR is, the directory of the process that holds the temp dirs
// stays; where a parent is named, it is made and removed with the only one.
template <class TempDir>
std::vector<Row> MeasureStyle(const FileSystem& file_system,
                              const std::string& name) {
  const std::string& at = file_system.directory;
  setenv("TMPDIR", at.c_str(), 1);
  const TempDirOptions plain;
  std::string own = at + "/finalize-bench-XXXXXX";
  if (mkdtemp(own.data()) == nullptr) return {};
  const TempDirOptions parent = TempDirOptions().Parent(own);
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(400),
      {[&] {
         return MicrosecondsPerCall([&] { return MakeOurs<TempDir>(plain); });
       },
       [&] { return MicrosecondsPerCall([&] { return MakeRaw(at); }); },
       [&] {
         return MicrosecondsPerCall([&] { return MakeOurs<TempDir>(parent); });
       }});
  rmdir(own.c_str());
  const bool disk = file_system.name == "disk";
  Row row;
  row.what = name + ", create + Remove, " + file_system.note;
  row.peer = "mkdtemp + rmdir";
  row.unit = "us";
  row.bar = disk ? 1.15 : 1.5;
  row.aim = disk ? 1.05 : 1.3;
  Row only = row;
  only.what += ", the only one of its parent";
  only.bar = only.aim = 0;
  return {Compare(row, rounds, 0, 1), Compare(only, rounds, 2, 1)};
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

}  // namespace

int main(int argc, char** argv) {
  return bench::Main(argc, argv, {{"P11", MeasureTempDirs}});
}
