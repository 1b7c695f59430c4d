// SPDX-License-Identifier: Apache-2.0

// WeakValueMap::GetOrCreate: one thread creates a missing value, the others
// wait for it (contract C33).
#include <sys/syscall.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "finalize/report.h"
#include "finalize/shared.h"
#include "finalize/weak_value_map.h"
#include "gtest/gtest.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/captured_failures.h"
#include "tests/support/latch.h"

namespace {

using finalize::MakeShared;
using finalize::WeakValueMap;
using finalize_test::CapturedFailures;
using finalize_test::Latch;

using Map = WeakValueMap<std::string, int>;
using Pointer = std::shared_ptr<int>;

// A thread that asks for a value.
class Caller {
 public:
  explicit Caller(std::function<Pointer()> ask)
      : thread_([this, ask = std::move(ask)] {
          id_ = finalize_test::ThisThread();
          result_ = ask();
        }) {}
  ~Caller() {
    if (thread_.joinable()) thread_.join();
  }

  // Waits until the thread sleeps in the call, for longer than it would for a
  // lock of the allocator's.
  void AwaitWaiting() {
    for (int seen = 0; seen < 5; ++seen) {
      finalize_test::AwaitBlocked(id_, SYS_futex);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (!finalize_test::IsBlocked(id_, SYS_futex)) seen = -1;
    }
  }
  Pointer Result() {
    thread_.join();
    return result_;
  }

 private:
  std::atomic<pid_t> id_{0};
  Pointer result_;
  std::thread thread_;
};
using Callers = std::vector<std::unique_ptr<Caller>>;

// Some threads that ask for the value of "k" while another one creates it, each
// with a factory that counts its calls and returns `number`.
class WeakCreateTest : public testing::Test {
 protected:
  void AskOnThreads(int count, int number) {
    for (int i = 0; i < count; ++i) {
      callers_.push_back(std::make_unique<Caller>([this, number] {
        return map_.GetOrCreate("k", [this, number] {
          ++calls_;
          return MakeShared<int>(number);
        });
      }));
    }
    for (auto& caller : callers_) caller->AwaitWaiting();
  }

  Map map_;
  std::atomic<int> calls_{0};
  Callers callers_;
};

TEST_F(WeakCreateTest, ValueThatIsThereIsReturned) {
  const auto value = MakeShared<int>(1);
  map_.insert_or_assign("k", value);
  EXPECT_EQ(map_.GetOrCreate("k", [this] { return ++calls_, Pointer(); }),
            value);
  EXPECT_EQ(calls_, 0);
}

TEST_F(WeakCreateTest, MissingValueIsCreatedAndInserted) {
  const auto value = map_.GetOrCreate("k", [] { return MakeShared<int>(1); });
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, 1);
  EXPECT_EQ(value.use_count(), 1);  // not by the map
  EXPECT_EQ(map_.Get("k"), value);
  EXPECT_EQ(map_.size(), 1u);
}

// C33: dead is absent.
TEST_F(WeakCreateTest, DeadValueIsCreatedAnew) {
  const auto make = [this] { return std::make_shared<int>(++calls_); };
  map_.GetOrCreate("k", make);
  EXPECT_TRUE(map_.empty());
  const auto value = map_.GetOrCreate("k", make);
  EXPECT_EQ(*value, 2);
  EXPECT_EQ(map_.size(), 1u);
}

Pointer MakeLength(const std::string& key) {
  return MakeShared<int>(static_cast<int>(key.size()));
}

TEST_F(WeakCreateTest, FactoryMayTakeTheKey) {
  EXPECT_EQ(*map_.GetOrCreate("four", MakeLength), 4);
  EXPECT_EQ(*map_.GetOrCreate(std::string_view("three"), MakeLength), 5);
  EXPECT_EQ(*map_.GetOrCreate(std::string("k"), MakeLength), 1);
}

TEST_F(WeakCreateTest, FactoryMayReturnAUniquePointer) {
  const auto value =
      map_.GetOrCreate("k", [] { return std::make_unique<int>(1); });
  EXPECT_EQ(map_.Get("k"), value);
}

TEST_F(WeakCreateTest, KeysAndFactoriesMayBeMoveOnly) {
  using Key = std::unique_ptr<int>;
  struct Hash {
    size_t operator()(const Key& key) const {
      return static_cast<size_t>(*key);
    }
  };
  struct Equal {
    bool operator()(const Key& a, const Key& b) const { return *a == *b; }
  };
  WeakValueMap<Key, int, Hash, Equal> map;
  const auto value = map.GetOrCreate(
      std::make_unique<int>(1),
      [own = std::make_unique<int>(2)] { return MakeShared<int>(*own); });
  EXPECT_EQ(*value, 2);
  EXPECT_EQ(map.Get(std::make_unique<int>(1)), value);
}

// C33: one of threads that come at the same time creates the value.
TEST_F(WeakCreateTest, OneOfEightThreadsCreates) {
  constexpr int kThreads = 8;
  for (int round = 0; round < 100; ++round) {
    const std::string key = std::to_string(round);
    calls_ = 0;
    Latch start(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      callers_.push_back(std::make_unique<Caller>([&, i] {
        start.Arrive();
        return map_.GetOrCreate(key, [&, i] {
          ++calls_;
          std::this_thread::yield();
          return MakeShared<int>(i);
        });
      }));
    }
    std::vector<Pointer> values;
    for (auto& caller : callers_) values.push_back(caller->Result());
    callers_.clear();
    ASSERT_EQ(calls_, 1);
    ASSERT_NE(values[0], nullptr);
    for (const Pointer& value : values) ASSERT_EQ(value, values[0]);
  }
}

// C33: those who wait get the pointer of the thread that creates, although the
// value dies as soon as nobody has that.
TEST_F(WeakCreateTest, ValueThatDiesAtOnceReachesAllWhoWait) {
  map_.GetOrCreate("k", [this] {
    AskOnThreads(8, 2);
    return MakeShared<int>(1);
  });
  for (auto& caller : callers_) EXPECT_EQ(*caller->Result(), 1);
  EXPECT_EQ(calls_, 0);
  callers_.clear();
  EXPECT_TRUE(map_.empty());
}

// C33: an exception reaches the caller whose factory threw; one of those who
// wait calls its own factory.
TEST_F(WeakCreateTest, ExceptionReachesItsCallerOnly) {
  const auto fails = [this]() -> Pointer {
    AskOnThreads(4, 2);
    throw std::runtime_error("factory");
  };
  EXPECT_THROW(map_.GetOrCreate("k", fails), std::runtime_error);
  std::vector<Pointer> values;
  for (auto& caller : callers_) values.push_back(caller->Result());
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(*values[0], 2);
  for (const Pointer& value : values) EXPECT_EQ(value, values[0]);
  EXPECT_EQ(map_.Get("k"), values[0]);
}

// The same for null.
TEST_F(WeakCreateTest, FailureReachesItsCallerOnly) {
  const auto fails = [this] {
    AskOnThreads(4, 2);
    return Pointer();
  };
  EXPECT_EQ(map_.GetOrCreate("k", fails), nullptr);
  std::vector<Pointer> values;
  for (auto& caller : callers_) values.push_back(caller->Result());
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(*values[0], 2);
  for (const Pointer& value : values) EXPECT_EQ(value, values[0]);
}

// A shared_ptr that owns nothing is no value.
TEST_F(WeakCreateTest, UnownedValueIsAFailure) {
  int number = 1;
  const auto make = [&] { return Pointer(std::shared_ptr<void>(), &number); };
  EXPECT_EQ(map_.GetOrCreate("k", make), nullptr);
  EXPECT_TRUE(map_.empty());
}

TEST_F(WeakCreateTest, FailedKeyCanBeTriedAgain) {
  const auto fails = []() -> Pointer { throw std::runtime_error("factory"); };
  EXPECT_THROW(map_.GetOrCreate("k", fails), std::runtime_error);
  EXPECT_EQ(*map_.GetOrCreate("k", [] { return MakeShared<int>(1); }), 1);
}

// C33: a factory that asks for its own key gets null; that is reported with the
// line of the call.
TEST_F(WeakCreateTest, SameKeyInsideTheFactoryIsRefused) {
  CapturedFailures failures;
  Pointer inner = MakeShared<int>(0);
  int line = 0;
  const auto make = [] { return MakeShared<int>(2); };
  const auto outer = map_.GetOrCreate("k", [&] {
    line = __LINE__ + 1;
    inner = map_.GetOrCreate("k", make);
    return MakeShared<int>(1);
  });
  EXPECT_EQ(inner, nullptr);
  EXPECT_EQ(*outer, 1);
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).outcome, finalize::ReportEntry::Outcome::kRefused);
  EXPECT_EQ(failures.at(0).status.code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(failures.at(0).place.line, line);
}

TEST_F(WeakCreateTest, OtherKeyInsideTheFactoryIsCreated) {
  Pointer inner;
  const auto outer = map_.GetOrCreate("k", [&] {
    inner = map_.GetOrCreate("l", [] { return MakeShared<int>(2); });
    return MakeShared<int>(1);
  });
  EXPECT_EQ(*inner, 2);
  EXPECT_EQ(map_.Get("k"), outer);
  EXPECT_EQ(map_.Get("l"), inner);
}

// C33: two factories, on two threads and of two maps, that ask for each other's
// value: the one that comes second is refused, instead of waiting forever.
TEST_F(WeakCreateTest, FactoriesThatWaitForEachOtherAreRefused) {
  CapturedFailures failures;
  Map other;
  Latch both(2);
  Pointer from_other = MakeShared<int>(0);
  Pointer from_map = MakeShared<int>(0);
  const auto fails = [] { return Pointer(); };
  Caller caller([&] {
    return map_.GetOrCreate("k", [&] {
      both.Arrive();
      from_other = other.GetOrCreate("k", fails);
      return MakeShared<int>(1);
    });
  });
  const auto two = other.GetOrCreate("k", [&] {
    both.Arrive();
    from_map = map_.GetOrCreate("k", fails);
    return MakeShared<int>(2);
  });
  const auto one = caller.Result();
  EXPECT_EQ(*one, 1);
  EXPECT_EQ(*two, 2);
  EXPECT_EQ(failures.size(), 1u);
  if (from_map == nullptr) {
    EXPECT_EQ(from_other, two);
  } else {
    EXPECT_EQ(from_map, one);
    EXPECT_EQ(from_other, nullptr);
  }
}

// A value that another call inserts meanwhile stays, and all get it.
TEST_F(WeakCreateTest, ValueInsertedMeanwhileStays) {
  const auto inserted = MakeShared<int>(3);
  const auto value = map_.GetOrCreate("k", [&] {
    AskOnThreads(2, 2);
    map_.insert_or_assign("k", inserted);
    return MakeShared<int>(1);
  });
  EXPECT_EQ(value, inserted);
  for (auto& caller : callers_) EXPECT_EQ(caller->Result(), inserted);
  EXPECT_EQ(calls_, 0);
}

// C33: no lock is held while a factory runs, on no thread.
TEST_F(WeakCreateTest, FactoryMayUseTheMapOnAnyThread) {
  const auto kept = MakeShared<int>(2);
  const auto value = map_.GetOrCreate("k", [&] {
    std::thread([&] {
      map_.insert_or_assign("l", kept);
      EXPECT_FALSE(map_.contains("k"));
      EXPECT_EQ(map_.size(), 1u);
      EXPECT_EQ(*map_.GetOrCreate("m", MakeLength), 1);
      for (const auto& [key, each] : map_) EXPECT_EQ(each, kept);
    }).join();
    return MakeShared<int>(1);
  });
  EXPECT_EQ(map_.Get("k"), value);
  EXPECT_EQ(map_.Get("l"), kept);
}

struct SameHash {
  size_t operator()(int) const { return 1; }
};
std::function<void()>& InEquality() {
  static auto* const call = new std::function<void()>;
  return *call;
}
struct CallingEqual {
  bool operator()(int a, int b) const {
    if (InEquality()) std::exchange(InEquality(), nullptr)();
    return a == b;
  }
};

// C33: keys that are being created are compared without a lock.
TEST_F(WeakCreateTest, EqualityMayUseTheMap) {
  WeakValueMap<int, int, SameHash, CallingEqual> map;
  Pointer inner, innermost;
  map.GetOrCreate(1, [&] {
    // Nothing is in the map: 2 is compared with the 1 that is being created.
    InEquality() = [&] {
      innermost = map.GetOrCreate(3, [] { return MakeShared<int>(3); });
    };
    inner = map.GetOrCreate(2, [] { return MakeShared<int>(2); });
    return MakeShared<int>(1);
  });
  ASSERT_NE(inner, nullptr);
  ASSERT_NE(innermost, nullptr);
  EXPECT_EQ(*inner, 2);
  EXPECT_EQ(*innermost, 3);
}

TEST_F(WeakCreateTest, ThrowingEqualityBeginsNothing) {
  WeakValueMap<int, int, SameHash, CallingEqual> map;
  const auto value = map.GetOrCreate(1, [&] {
    InEquality() = [] { throw std::runtime_error("equality"); };
    const auto make = [] { return MakeShared<int>(2); };
    EXPECT_THROW(map.GetOrCreate(2, make), std::runtime_error);
    EXPECT_NE(map.GetOrCreate(2, make), nullptr);
    return MakeShared<int>(1);
  });
  EXPECT_EQ(map.Get(1), value);
}

// Values die and are created on all threads: what a call returns is what the
// map has.
TEST_F(WeakCreateTest, ReturnedValueIsTheOneInTheMap) {
  static std::atomic<int> living{0};
  struct Object {
    Object() { ++living; }
    ~Object() { --living; }
  };
  WeakValueMap<int, Object> map;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int step = 0; step < 3000; ++step) {
        const auto value =
            map.GetOrCreate(1, [] { return MakeShared<Object>(); });
        if (value == nullptr || map.Get(1) != value) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(living, 0);
  EXPECT_EQ(map.size(), 0u);
}

constexpr char kDestroyed[] = "while a factory of its GetOrCreate ran";

TEST(WeakCreateDeathTest, MapIsNotDestroyedWhileAFactoryRuns) {
  EXPECT_DEATH(
      {
        auto map = std::make_unique<Map>();
        map->GetOrCreate("k", [&] {
          map.reset();
          return MakeShared<int>(1);
        });
      },
      kDestroyed);
}

TEST(WeakCreateDeathTest, MapIsNotMovedWhileAFactoryRuns) {
  EXPECT_DEATH(
      {
        Map map;
        map.GetOrCreate("k", [&] {
          const Map other = std::move(map);
          return MakeShared<int>(1);
        });
      },
      kDestroyed);
}

TEST(WeakCreateDeathTest, MapIsNotAssignedToWhileAFactoryRuns) {
  EXPECT_DEATH(
      {
        Map map;
        map.GetOrCreate("k", [&] {
          map = Map();
          return MakeShared<int>(1);
        });
      },
      kDestroyed);
}

// Another map may be.
TEST_F(WeakCreateTest, OtherMapMayBeDestroyedInAFactory) {
  const auto value = map_.GetOrCreate("k", [] {
    Map other;
    other.GetOrCreate("k", [] { return MakeShared<int>(2); });
    const Map moved = std::move(other);
    return MakeShared<int>(1);
  });
  EXPECT_EQ(map_.Get("k"), value);
}

}  // namespace
