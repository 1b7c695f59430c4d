// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/system/background_thread.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstddef>

#include "finalize/keep_mapped.h"

namespace tempdir_internal {

namespace {

constexpr size_t kStackSize = 512 << 10;

enum class Code { kUnknown, kStays, kMayGo };
std::atomic<Code> code{Code::kUnknown};

}  // namespace

bool PrepareBackgroundThreads() {
  Code known = code.load(std::memory_order_acquire);
  if (known == Code::kUnknown) {
    known = finalize::KeepMapped(
                reinterpret_cast<const void*>(&StartBackgroundThread))
                ? Code::kStays
                : Code::kMayGo;
    code.store(known, std::memory_order_release);
  }
  return known == Code::kStays;
}

bool StartBackgroundThread(void* (*run)(void* argument), void* argument) {
  if (code.load(std::memory_order_acquire) != Code::kStays) return false;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, kStackSize);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int result = pthread_create(&thread, &attributes, run, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return result == 0;
}

}  // namespace tempdir_internal
