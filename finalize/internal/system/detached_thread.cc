// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/system/detached_thread.h"

#include <pthread.h>

#include <cstddef>

namespace finalize_internal {
namespace {

// Added to the usual stack size: more than libc adds to a size by itself.
constexpr size_t kMore = 64 << 10;

bool StartWith(pthread_attr_t* attributes, void* (*run)(void*),
               void* argument) {
  size_t usual = 0;
  pthread_t thread;
  return pthread_attr_getstacksize(attributes, &usual) == 0 &&
         pthread_attr_setstacksize(attributes, usual + kMore) == 0 &&
         pthread_attr_setdetachstate(attributes, PTHREAD_CREATE_DETACHED) ==
             0 &&
         pthread_create(&thread, attributes, run, argument) == 0;
}

}  // namespace

bool StartDetachedThread(void* (*run)(void* argument), void* argument) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  const bool started = StartWith(&attributes, run, argument);
  pthread_attr_destroy(&attributes);
  return started;
}

}  // namespace finalize_internal
