// SPDX-License-Identifier: Apache-2.0

#include "tests/benchmarks/bench_crew.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>

#include "tests/benchmarks/bench_rounds.h"

namespace bench {
namespace {

// The least part of the shift during which all its threads must have run.
constexpr double kTogether = 0.85;
// A thread that slept so often did so in a lock: that is part of the work.
constexpr long kSleeps = 20;

long SleepsOfThisThread() {
  rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

}  // namespace

Crew::Crew(int threads) : workers_(threads) {
  for (int i = 0; i < threads; ++i) {
    workers_[i].thread = std::thread([this, i] { Run(&workers_[i], i); });
  }
}

Crew::~Crew() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  for (Worker& worker : workers_) worker.thread.join();
}

void Crew::Run(Worker* worker, int index) {
  int64_t seen = 0;
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return closed_ || shift_ != seen; });
    if (closed_) return;
    seen = shift_;
    if (index >= active_) continue;
    const int active = active_;
    const int64_t calls = calls_;
    const std::function<void(int64_t)>& body = *body_;
    lock.unlock();

    arrived_.fetch_add(1);
    while (arrived_.load() < active) sched_yield();
    const long slept = SleepsOfThisThread();
    worker->begin = WallSeconds();
    const double start = ThreadCpuSeconds();
    body(calls);
    worker->cpu = ThreadCpuSeconds() - start;
    worker->end = WallSeconds();
    worker->slept = SleepsOfThisThread() - slept;

    lock.lock();
    if (--working_ == 0) changed_.notify_all();
  }
}

Shift Crew::Work(int threads, int64_t calls,
                 const std::function<void(int64_t)>& body) {
  std::unique_lock<std::mutex> lock(mutex_);
  active_ = working_ = threads;
  calls_ = calls;
  body_ = &body;
  arrived_.store(0);
  ++shift_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return working_ == 0; });

  double cpu = 0;
  long slept = 0;
  double begin = workers_[0].begin;
  double end = workers_[0].end;
  for (int i = 0; i < threads; ++i) {
    cpu += workers_[i].cpu;
    slept += workers_[i].slept;
    begin = std::min(begin, workers_[i].begin);
    end = std::max(end, workers_[i].end);
  }
  return {cpu / threads / calls * 1e9,
          slept > kSleeps || cpu > kTogether * threads * (end - begin)};
}

}  // namespace bench
