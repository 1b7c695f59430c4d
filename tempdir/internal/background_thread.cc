#include "tempdir/internal/background_thread.h"

#include <pthread.h>
#include <signal.h>

#include <cstddef>

namespace tempdir_internal {

constexpr size_t kStackSize = 512 << 10;

bool StartBackgroundThread(void* (*run)(void* argument), void* argument) {
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
