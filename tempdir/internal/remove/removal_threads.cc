// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/remove/removal_threads.h"

#include <signal.h>

#include <algorithm>
#include <new>
#include <thread>

namespace tempdir_internal {
namespace {

constexpr size_t kStackSize = 512 << 10;

int StartThread(pthread_t* thread, void* (*run)(void*), void* argument) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return -1;
  pthread_attr_setstacksize(&attributes, kStackSize);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int result = pthread_create(thread, &attributes, run, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return result;
}

}  // namespace

bool RemovalThreads::has_room() {
  if (max_workers_ == 0) {
    max_workers_ = state_.plan.max_workers > 0
                       ? state_.plan.max_workers
                       : static_cast<int>(std::thread::hardware_concurrency());
    max_workers_ = std::clamp(max_workers_, 1, kMaxWorkers);
  }
  return !refused_ && count_ + 1 < max_workers_;
}

void RemovalThreads::Start() {
  void* block = state_.storage.Allocate(sizeof(Helper));
  if (block == nullptr) return;
  Helper* helper = new (block) Helper{&state_, work_, 0, {}, {}};
  helper->number = state_.queue.StartSharing();
  if (StartThread(&helper->thread, RunHelper, helper) != 0) {
    state_.queue.Unadmit();
    state_.storage.Free(block, sizeof(Helper));
    refused_ = true;
    return;
  }
  helpers_[count_++] = helper;
}

void RemovalThreads::Join(RemovalCounts& counts) {
  for (int i = 0; i < count_; ++i) {
    pthread_join(helpers_[i]->thread, nullptr);
    counts.files += helpers_[i]->counts.files;
    counts.directories += helpers_[i]->counts.directories;
    counts.bytes += helpers_[i]->counts.bytes;
    state_.storage.Free(helpers_[i], sizeof(Helper));
  }
  count_ = 0;
}

void* RemovalThreads::RunHelper(void* argument) {
  Helper* helper = static_cast<Helper*>(argument);
  helper->counts = helper->work(*helper->state, helper->number);
  return nullptr;
}

}  // namespace tempdir_internal
