// SPDX-License-Identifier: Apache-2.0

// A Latch lets threads wait until other threads have counted it down.
//
// Thread-safe.
#ifndef TESTS_SUPPORT_LATCH_H_
#define TESTS_SUPPORT_LATCH_H_

#include <condition_variable>
#include <mutex>

namespace finalize_test {

class Latch {
 public:
  explicit Latch(int count = 1) : count_(count) {}

  void CountDown() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (--count_ == 0) zero_.notify_all();
  }

  // Waits until it is counted down to zero.
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    zero_.wait(lock, [this] { return count_ <= 0; });
  }

  // Counts down and waits for the others.
  void Arrive() {
    CountDown();
    Wait();
  }

  bool open() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return count_ <= 0;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable zero_;
  int count_;
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_LATCH_H_
