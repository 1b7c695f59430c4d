// SPDX-License-Identifier: Apache-2.0

// RemovalThreads: the threads that help with one tree removal.
//
// None is started before there is much to do. Every one blocks all signals, and
// all are joined before the removal returns.

#ifndef TEMPDIR_INTERNAL_REMOVE_REMOVAL_THREADS_H_
#define TEMPDIR_INTERNAL_REMOVE_REMOVAL_THREADS_H_

#include <pthread.h>

#include "tempdir/internal/tree/removal_queue.h"
#include "tempdir/internal/tree/removal_state.h"

namespace tempdir_internal {

// Confined to the caller's thread.
class RemovalThreads {
 public:
  // What a helper does: works as the worker of that number until nothing is
  // left for it, and returns what it removed.
  using Work = RemovalCounts (*)(RemovalState& state, int number);

  RemovalThreads(RemovalState& state, Work work) : state_(state), work_(work) {}
  RemovalThreads(const RemovalThreads&) = delete;
  RemovalThreads& operator=(const RemovalThreads&) = delete;

  // Whether one more may be started.
  bool has_room();

  // Starts one more worker. Does nothing if the system refuses.
  void Start();

  // Waits for all of them and adds what they removed.
  void Join(RemovalCounts& counts);

 private:
  struct Helper {
    RemovalState* state;
    Work work;
    int number;
    pthread_t thread;
    RemovalCounts counts;
  };

  static void* RunHelper(void* helper);

  RemovalState& state_;
  const Work work_;
  // Blocks of the removal's storage, made as they are needed.
  Helper* helpers_[kMaxWorkers] = {};
  int count_ = 0;
  int max_workers_ = 0;
  bool refused_ = false;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVE_REMOVAL_THREADS_H_
