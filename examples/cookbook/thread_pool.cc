// SPDX-License-Identifier: Apache-2.0

// A thread pool that finishes its work when the process ends. docs/cookbook.md
// quotes it.
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/options.h"

class Pool {
 public:
  explicit Pool(int threads) {
    for (int i = 0; i < threads; ++i) workers_.emplace_back([this] { Work(); });
  }
  void Submit(std::function<void()> task) {
    std::lock_guard<std::mutex> lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_one();
  }
  // Runs what was submitted, and ends the threads.
  void Finish() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    for (std::thread& worker : workers_) {
      // A task may have called exit().
      if (worker.get_id() != std::this_thread::get_id()) worker.join();
    }
  }

 private:
  void Work() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool closed_ = false;
  std::vector<std::thread> workers_;
};

std::atomic<int> done{0};

int main() {
  if (!finalize::InstallExitHooks().ok()) return 1;
  Pool* const pool = new Pool(4);  // never destroyed: its threads use it
  finalize::AtExit(
      finalize::Options("finish tasks").set_phase(finalize::kFinishWorkPhase),
      [pool] { pool->Finish(); });
  finalize::AtExit("write result",
                   [] { std::printf("tasks done: %d\n", done.load()); });
  for (int i = 0; i < 100; ++i) pool->Submit([] { ++done; });
  std::puts("main ends");
}
