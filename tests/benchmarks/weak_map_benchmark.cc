// SPDX-License-Identifier: Apache-2.0

// P17: what a WeakValueMap costs beside a flat_hash_map of weak_ptrs under a
// mutex, whose user erases the entry of each value that dies. Both hold values
// of MakeShared; the row without a bar shows what changes where the other one
// holds those of std::make_shared, which tell nobody of their death.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "finalize/shared.h"
#include "finalize/weak_value_map.h"
#include "tests/benchmarks/bench_main.h"
#include "tests/benchmarks/bench_rounds.h"

namespace {

using bench::CpuPerCall;
using bench::Row;

constexpr int64_t kCalls = 20000;

using Value = int64_t;
using Pointer = std::shared_ptr<Value>;

// Forgets dead values by itself.
class Ours {
 public:
  static Pointer Make(int64_t key) { return finalize::MakeShared<Value>(key); }
  Pointer Find(int64_t key) const { return map_.Get(key); }
  void Insert(int64_t key, const Pointer& value) {
    map_.insert_or_assign(key, value);
  }
  void Forget(int64_t) {}

 private:
  finalize::WeakValueMap<int64_t, Value> map_;
};

class Theirs {
 public:
  static Pointer Make(int64_t key) { return Ours::Make(key); }
  Pointer Find(int64_t key) const {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = map_.find(key);
    return found != map_.end() ? found->second.lock() : nullptr;
  }
  void Insert(int64_t key, const Pointer& value) {
    std::lock_guard<std::mutex> lock(mutex_);
    map_.insert_or_assign(key, value);
  }
  void Forget(int64_t key) {
    std::lock_guard<std::mutex> lock(mutex_);
    map_.erase(key);
  }

 private:
  mutable std::mutex mutex_;
  absl::flat_hash_map<int64_t, std::weak_ptr<Value>> map_;
};

class TheirsOfForeign : public Theirs {
 public:
  static Pointer Make(int64_t key) { return std::make_shared<Value>(key); }
};

// xorshift64: the same numbers for every alternative.
class Random {
 public:
  int64_t Below(int64_t limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<int64_t>(state_ % static_cast<uint64_t>(limit));
  }

 private:
  uint64_t state_ = 88172645463325252;
};

// A map of living values.
template <class Map>
class Filled {
 public:
  explicit Filled(int64_t count) : count_(count) {
    for (int64_t key = 0; key < count; ++key) {
      values_.push_back(Map::Make(key));
      map_.Insert(key, values_.back());
    }
  }

  double Lookups() {
    return CpuPerCall(kCalls, [this] {
      benchmark::DoNotOptimize(map_.Find(random_.Below(count_)));
    });
  }
  // Lets a value die, and inserts another one under its key.
  double Replacements() {
    return CpuPerCall(kCalls, [this] {
      const int64_t key = random_.Below(count_);
      Pointer& value = values_[static_cast<size_t>(key)];
      value.reset();
      map_.Forget(key);
      value = Map::Make(key);
      map_.Insert(key, value);
    });
  }

 private:
  const int64_t count_;
  Random random_;
  Map map_;
  std::vector<Pointer> values_;
};

std::vector<Row> Measure(int64_t count) {
  Filled<Ours> ours(count);
  Filled<Theirs> theirs(count);
  Filled<TheirsOfForeign> foreign(count);
  Row row;
  row.peer = "mutex + flat_hash_map of weak_ptr";
  std::vector<Row> rows;
  row.what = absl::StrCat("find one of ", count);
  row.bar = 1.5;
  row.aim = 1.0;
  rows.push_back(
      Compare(row, bench::MeasureInTurn(bench::RoundCount(200),
                                        {[&] { return ours.Lookups(); },
                                         [&] { return theirs.Lookups(); }})));
  row.what = absl::StrCat("insert + death, one of ", count);
  row.bar = 2.0;
  row.aim = 1.5;
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(200), {[&] { return ours.Replacements(); },
                               [&] { return theirs.Replacements(); },
                               [&] { return foreign.Replacements(); }});
  rows.push_back(Compare(row, rounds));
  row.peer = "the same, std::make_shared values";
  row.bar = row.aim = 0;
  rows.push_back(Compare(row, rounds, 0, 2));
  return rows;
}

std::vector<Row> MeasureMaps() {
  std::vector<Row> rows;
  for (const int64_t count : {1000, 1000000}) {
    for (Row& row : Measure(count)) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::Main(argc, argv, {{"P17", MeasureMaps}});
}
