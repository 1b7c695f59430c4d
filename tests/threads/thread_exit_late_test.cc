// SPDX-License-Identifier: Apache-2.0

// A finalizer that comes too late for the end of its thread.
#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>

#include "finalize/thread_exit.h"
#include "gtest/gtest.h"

namespace {

using finalize::AtThreadExit;
using finalize::Finalizer;

template <class F>
void OnThread(F&& function) {
  std::thread(std::forward<F>(function)).join();
}

// C25: what comes too late for its thread is not lost: it stays pending.
TEST(ThreadExitLateTest, StaysPending) {
  static pthread_key_t key;
  static std::atomic<bool> ran{false};
  static Finalizer<> late;
  ran = false;
  // The library's key comes first: its destructor is past it in the last round.
  OnThread([] { AtThreadExit([] {}); });
  ASSERT_EQ(pthread_key_create(
                &key,
                [](void* round) {
                  const intptr_t number = reinterpret_cast<intptr_t>(round);
                  if (number < 4) {
                    pthread_setspecific(key,
                                        reinterpret_cast<void*>(number + 1));
                    return;
                  }
                  late = AtThreadExit([] { ran = true; });
                }),
            0);
  OnThread([] {
    AtThreadExit([] {});
    pthread_setspecific(key, reinterpret_cast<void*>(1));
  });
  EXPECT_FALSE(ran);
  EXPECT_TRUE(late.Run());
  EXPECT_TRUE(ran);
  pthread_key_delete(key);
}

}  // namespace
