// SPDX-License-Identifier: Apache-2.0

// P12: RemoveTree beside what else removes trees, each a program of its own
// that gets the same tree, from its start to its end, less what it takes to
// remove one empty directory.

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/benchmarks/bench_command.h"
#include "tests/benchmarks/bench_contender.h"
#include "tests/benchmarks/bench_estimate.h"
#include "tests/benchmarks/bench_file_system.h"
#include "tests/benchmarks/bench_main.h"
#include "tests/support/tree_shapes.h"

namespace {

using bench::Contender;
using bench::FileSystem;
using bench::Row;

struct Shape {
  enum Name { kWide, kTree, kDeep, kVeryDeep, kSmall, kEmpty };
  Name name;
  std::string text;
  std::function<bool(int directory)> make;
  double rm_bar = 0;  // against rm -rf, with two cores
  double rm_aim = 0;
};

bool MakeChain(int directory, int levels) {
  const int lowest = finalize_test::MakeDeep(directory, levels);
  if (lowest >= 0) close(lowest);
  return lowest >= 0;
}

Shape ShapeOf(Shape::Name name, bool disk) {
  using finalize_test::MakeEmpty;
  using finalize_test::MakeTree;
  using finalize_test::MakeWide;
  const int part = bench::Quick() ? 10 : 1;
  const int wide = 200000 / part;
  const int middles = (disk ? 100 : 200) / part;
  const int small = 5000 / part;
  const int empty = 50000 / part;
  switch (name) {
    case Shape::kWide:
      return {name, absl::StrCat("wide (1 x ", wide, ")"),
              [=](int d) { return MakeWide(d, wide); }, disk ? 0.85 : 0,
              disk ? 0.72 : 0};
    case Shape::kTree:
      return {name, absl::StrCat("tree (", middles * 100, " x 10)"),
              [=](int d) { return MakeTree(d, middles, 100, 10); }, 0.7, 0.6};
    case Shape::kDeep:
      return {name, "deep (5000)", [](int d) { return MakeChain(d, 5000); },
              0.6, 0.46};
    case Shape::kVeryDeep:
      return {name, "deep (100000)", [](int d) { return MakeChain(d, 100000); },
              0.6, 0.46};
    case Shape::kSmall:
      return {name, absl::StrCat("small (", small, " times 10)"),
              [=](int d) { return MakeTree(d, 1, small, 10); }};
    case Shape::kEmpty:
      return {name, absl::StrCat("empty directories (", empty, ")"),
              [=](int d) { return MakeEmpty(d, empty); }, 0, 0.5};
  }
  return {};
}

std::vector<Shape> Shapes(bool disk) {
  std::vector<Shape::Name> names = {Shape::kWide, Shape::kTree};
  if (!bench::Quick()) {
    names = {Shape::kWide,     Shape::kTree,  Shape::kDeep,
             Shape::kVeryDeep, Shape::kSmall, Shape::kEmpty};
  } else if (!disk) {
    names = {Shape::kWide, Shape::kTree, Shape::kDeep, Shape::kSmall,
             Shape::kEmpty};
  }
  std::vector<Shape> shapes;
  for (const Shape::Name name : names) shapes.push_back(ShapeOf(name, disk));
  return shapes;
}

// The trees of one shape on one file system, one after the other.
class Field {
 public:
  Field(const FileSystem& file_system, Shape shape)
      : shape_(std::move(shape)),
        root_(file_system.directory + "/finalize-bench-XXXXXX") {
    if (mkdtemp(root_.data()) == nullptr) root_.clear();
  }
  ~Field() {
    if (!root_.empty()) Clear(root_);
  }
  Field(const Field&) = delete;
  Field& operator=(const Field&) = delete;

  // Makes a tree and has it removed. Notes what that took.
  void Try(Contender* contender) {
    contender->seconds.push_back(0);
    contender->growth.push_back(0);
    if (!bench::TakesPart(*contender) || !Make()) return;
    StartOf(*contender);  // its own files may have been forgotten, too
    contender->starts.push_back(StartOf(*contender));
    const std::vector<std::string> paths = Paths();
    const bench::Finished finished = Run(*contender, paths);
    contender->failed = !finished.ok || access(paths[0].c_str(), F_OK) == 0;
    double growth = 0;
    double seconds = 0;
    sscanf(finished.output.c_str(), "%lf %lf", &growth, &seconds);
    const bool floor = contender->command.back() == "floor";
    if (!contender->failed) {
      contender->seconds.back() = finished.seconds;
      if (floor) contender->seconds.back() = seconds + contender->Start();
      contender->growth.back() = growth;
    }
    Clear(Tree());
  }

 private:
  static bench::Finished Run(const Contender& contender,
                             const std::vector<std::string>& paths) {
    std::vector<std::string> command = contender.command;
    command.insert(command.end(), paths.begin(), paths.end());
    command.insert(command.end(), contender.last.begin(), contender.last.end());
    return bench::RunCommand(command);
  }

  double StartOf(const Contender& contender) {
    const std::string empty = root_ + "/empty";
    mkdir(empty.c_str(), 0700);
    return Run(contender, {empty}).seconds;
  }

  std::string Tree() const { return root_ + "/t"; }

  bool Make() {
    const int parent = open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) return false;
    bench::WriteOutAndForget(parent);
    const int tree = finalize_test::MakeDirectory(parent, "t");
    const bool made = tree >= 0 && shape_.make(tree);
    if (!made) perror(root_.c_str());
    close(tree);
    bench::WriteOut(parent);
    close(parent);
    return made;
  }

  // What a remover is told to remove: the tree, or for the small ones each of
  // them.
  std::vector<std::string> Paths() const {
    if (shape_.name != Shape::kSmall) return {Tree()};
    std::vector<std::string> paths;
    const std::string middle = Tree() + "/m00000";
    DIR* const directory = opendir(middle.c_str());
    while (const dirent* entry = readdir(directory)) {
      if (entry->d_name[0] != '.') {
        paths.push_back(middle + "/" + entry->d_name);
      }
    }
    closedir(directory);
    return paths;
  }

  static void Clear(const std::string& path) {
    bench::RunCommand({"rm", "-rf", "--", path});
  }

  const Shape shape_;
  std::string root_;
};

// How many peers are measured on after the first round and after the second:
// the fastest, and rm, which has a bar of its own.
constexpr size_t kPeersLeft[] = {2, 1};

// Of one shape there are as many rounds as are worth it, but after the least
// number none begins that would not end in time.
constexpr int kMinRounds = 3;
constexpr double kSecondsForShape = 20;

// Returns the fastest peer of those that were measured to the end; -1 if there
// is none.
int FastestPeer(const std::vector<Contender>& contenders) {
  int fastest = -1;
  for (int i = 0; i < static_cast<int>(contenders.size()); ++i) {
    const Contender& peer = contenders[i];
    if (i == bench::kOurs || i == bench::kFloor) continue;
    if (!bench::TakesPart(peer) || peer.Median() == 0) continue;
    if (fastest < 0 || peer.Median() < contenders[fastest].Median()) {
      fastest = i;
    }
  }
  return fastest;
}

// Leaves so many peers, the fastest so far, and rm.
void GiveUpTheSlow(size_t left, std::vector<Contender>* contenders) {
  std::vector<Contender*> peers;
  for (size_t i = bench::kRm; i < contenders->size(); ++i) {
    Contender* const peer = &(*contenders)[i];
    if (i == bench::kFloor || peer->Median() == 0) continue;
    if (bench::TakesPart(*peer)) peers.push_back(peer);
  }
  std::sort(peers.begin(), peers.end(), [](Contender* a, Contender* b) {
    return a->Median() < b->Median();
  });
  for (size_t i = left; i < peers.size(); ++i) {
    peers[i]->too_slow = peers[i] != &(*contenders)[bench::kRm];
  }
}

bool IsChain(const Shape& shape) {
  return shape.name == Shape::kDeep || shape.name == Shape::kVeryDeep;
}

// Which peers cannot remove which chains. That is so on one file system as on
// the other: they are tried on the first.
using Failures = std::set<std::pair<Shape::Name, std::string>>;

void NoteFailures(const Shape& shape, const std::vector<Contender>& contenders,
                  Failures* failures) {
  if (!IsChain(shape)) return;
  for (size_t i = bench::kRm; i < contenders.size(); ++i) {
    const Contender& peer = contenders[i];
    if (peer.failed) failures->insert({shape.name, peer.name});
  }
}

std::vector<Contender> Measure(const FileSystem& file_system,
                               const Shape& shape, int rounds,
                               Failures* failures) {
  std::vector<Contender> contenders = bench::Contenders();
  for (Contender& contender : contenders) {
    contender.failed = failures->count({shape.name, contender.name}) != 0;
  }
  // There is no list of names to know.
  contenders[bench::kFloor].too_slow = IsChain(shape);
  Field field(file_system, shape);
  const int n = contenders.size();
  const absl::Time start = absl::Now();
  for (int round = 0; round < rounds; ++round) {
    const absl::Time begin = absl::Now();
    for (int i = 0; i < n; ++i) field.Try(&contenders[(round + i) % n]);
    if (round < static_cast<int>(std::size(kPeersLeft))) {
      GiveUpTheSlow(kPeersLeft[round], &contenders);
    }
    const absl::Time end = absl::Now();
    const absl::Duration with_another = (end - start) + (end - begin);
    if (round + 1 >= kMinRounds &&
        with_another > absl::Seconds(kSecondsForShape)) {
      break;
    }
  }
  NoteFailures(shape, contenders, failures);
  return contenders;
}

std::string NoteOn(const std::vector<Contender>& contenders) {
  const double ours = contenders[bench::kOurs].Median();
  std::string note;
  for (size_t i = bench::kRm; i < contenders.size(); ++i) {
    const Contender& peer = contenders[i];
    absl::StrAppend(&note, note.empty() ? "" : "; ", peer.name, " ");
    if (!peer.missing.empty()) {
      absl::StrAppend(&note, "not installed: ", peer.missing);
    } else if (peer.failed) {
      absl::StrAppend(
          &note, peer.starts.empty() ? "not tried: failed before" : "fails");
    } else if (peer.Median() == 0) {
      absl::StrAppend(&note, "not measured");
    } else {
      absl::StrAppend(&note, static_cast<int>(1000 * peer.Median()), " ms, ",
                      static_cast<int>(100 * ours / peer.Median()), "%");
    }
  }
  return note;
}

std::vector<Row> RowsOf(const std::string& what, const Shape& shape,
                        const std::vector<Contender>& contenders) {
  const Contender& ours = contenders[bench::kOurs];
  const bool two = std::thread::hardware_concurrency() >= 2;
  Row row;
  row.what = what;
  const int fastest = FastestPeer(contenders);
  if (ours.failed || fastest < 0) {
    return {Skipped(row, "ours or all peers failed")};
  }
  std::vector<Row> rows;
  row.bar = 1.05;
  row.aim = 1.0;
  rows.push_back(CompareContenders(row, ours, contenders[fastest]));
  rows.back().peer = "the fastest: " + contenders[fastest].name;
  rows.back().note = NoteOn(contenders);
  row.bar = two ? shape.rm_bar : 0;
  row.aim = two ? shape.rm_aim : 0;
  for (int i = bench::kRm; i < static_cast<int>(contenders.size()); ++i) {
    if (contenders[i].failed || contenders[i].Median() == 0) continue;
    row.detail = i != bench::kRm || row.aim == 0;
    if (i != bench::kRm) row.bar = row.aim = 0;
    rows.push_back(CompareContenders(row, ours, contenders[i]));
  }
  return rows;
}

Row MemoryRow(const std::string& what, double bar,
              const std::vector<double>& kib) {
  Row row;
  row.what = what;
  row.unit = "MiB";
  row.bar = bar;
  row.ratio = bench::EstimateOf(kib);
  row.ours = row.ratio.median;
  return row;
}

void RaiseDescriptorLimit() {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::vector<Row> MeasureRemoval() {
  RaiseDescriptorLimit();  // for the peers that need one a level
  std::vector<Row> rows;
  std::vector<double> wide_mib;
  std::vector<double> mib;
  Failures failures;
  for (const FileSystem& file_system : bench::FileSystems()) {
    if (file_system.directory.empty()) {
      rows.push_back(bench::Skipped({"", file_system.name}, file_system.note));
      continue;
    }
    const bool disk = file_system.name == "disk";
    for (const Shape& shape : Shapes(disk)) {
      const std::string what =
          absl::StrCat("RemoveTree, ", file_system.note, ", ", shape.text);
      std::cerr << "  " << what << std::endl;
      const int rounds = bench::Quick() ? 3 : disk ? 5 : 9;
      const std::vector<Contender> contenders =
          Measure(file_system, shape, rounds, &failures);
      for (Row& row : RowsOf(what, shape, contenders)) {
        rows.push_back(std::move(row));
      }
      for (const double kib : contenders[bench::kOurs].growth) {
        (shape.name == Shape::kWide ? wide_mib : mib).push_back(kib / 1024);
      }
    }
  }
  rows.push_back(MemoryRow("RemoveTree, memory growth, wide", 12, wide_mib));
  rows.push_back(
      MemoryRow("RemoveTree, memory growth, all other shapes", 4, mib));
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::Main(argc, argv, {{"P12", MeasureRemoval}});
}
