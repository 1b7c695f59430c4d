// SPDX-License-Identifier: Apache-2.0

// Crew: threads that do the same work at the same time, for benchmarks of what
// that costs each of them.
//
// A shift is good only if the threads really ran at once: on a busy machine
// one may have waited for a processor while the other had nobody to meet.
//
// Confined to one thread.
#ifndef TESTS_BENCHMARKS_BENCH_CREW_H_
#define TESTS_BENCHMARKS_BENCH_CREW_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace bench {

struct Shift {
  double cpu_per_call = 0;  // nanoseconds, the mean of the threads
  bool together = false;    // the threads ran at once most of the time
};

class Crew {
 public:
  explicit Crew(int threads);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // The first `threads` threads each call `body` `calls` times. `body` says
  // for how many calls it is responsible: body(calls).
  Shift Work(int threads, int64_t calls,
             const std::function<void(int64_t)>& body);

 private:
  struct Worker {
    std::thread thread;
    double cpu = 0;
    double begin = 0;
    double end = 0;
    long slept = 0;  // times that it gave its processor away
  };

  void Run(Worker* worker, int index);

  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t shift_ = 0;  // guarded by mutex_, as all up to `arrived_`
  int active_ = 0;     // threads of this shift
  int working_ = 0;    // those that have not finished
  bool closed_ = false;
  int64_t calls_ = 0;
  const std::function<void(int64_t)>* body_ = nullptr;
  std::atomic<int> arrived_{0};
  std::vector<Worker> workers_;
};

}  // namespace bench

#endif  // TESTS_BENCHMARKS_BENCH_CREW_H_
