// SPDX-License-Identifier: Apache-2.0

// LockedList: the registry that most programs write for themselves, a mutex
// and a list of std::function, newest first.
//
// Thread-safe.
#ifndef TESTS_BENCHMARKS_BENCH_LOCKED_LIST_H_
#define TESTS_BENCHMARKS_BENCH_LOCKED_LIST_H_

#include <functional>
#include <list>
#include <mutex>
#include <utility>

namespace bench {

class LockedList {
 public:
  using Callback = std::function<void()>;
  using Entry = std::list<Callback>::iterator;

  template <class F>
  Entry Register(F&& callback) {
    std::lock_guard<std::mutex> lock(mutex_);
    callbacks_.emplace_front(std::forward<F>(callback));
    return callbacks_.begin();
  }

  void Detach(Entry entry) {
    std::lock_guard<std::mutex> lock(mutex_);
    callbacks_.erase(entry);
  }

  // Runs them with the lock not held, as they may register and detach.
  void Drain() {
    while (true) {
      Callback callback;
      {
        std::lock_guard<std::mutex> lock(mutex_);
        if (callbacks_.empty()) return;
        callback = std::move(callbacks_.front());
        callbacks_.pop_front();
      }
      callback();
    }
  }

 private:
  std::mutex mutex_;
  std::list<Callback> callbacks_;
};

}  // namespace bench

#endif  // TESTS_BENCHMARKS_BENCH_LOCKED_LIST_H_
