// SPDX-License-Identifier: Apache-2.0

// Finalizers that run when their thread ends, in this process.
#include "finalize/thread_exit.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "absl/base/attributes.h"
#include "finalize/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/latch.h"

namespace {

using finalize::AtThreadExit;
using finalize::Cause;
using finalize::Finalizer;
using finalize::Options;
using finalize::Registry;
using finalize_test::CapturedFailures;
using finalize_test::Latch;
using testing::ElementsAre;

template <class F>
void OnThread(F&& function) {
  std::thread(std::forward<F>(function)).join();
}

// C25: on its own thread, with its own cause.
TEST(ThreadExitTest, RunsOnItsThread) {
  std::thread::id ran_on;
  Cause cause = Cause::Kind::kCall;
  std::thread thread([&] {
    AtThreadExit([&](const Cause& why) {
      ran_on = std::this_thread::get_id();
      cause = why;
    });
  });
  const std::thread::id id = thread.get_id();
  thread.join();
  EXPECT_EQ(ran_on, id);
  EXPECT_EQ(cause, Cause::Kind::kThreadExit);
}

// C25, C9: highest phase first, then newest first.
TEST(ThreadExitTest, RunsInOrder) {
  std::vector<int> order;
  OnThread([&] {
    AtThreadExit([&] { order.push_back(1); });
    AtThreadExit(Options().set_phase(5), [&] { order.push_back(2); });
    AtThreadExit(Options().set_phase(-1), [&] { order.push_back(3); });
    AtThreadExit(Options().set_phase(5), [&] { order.push_back(4); });
    AtThreadExit([&] { order.push_back(5); });
  });
  EXPECT_THAT(order, ElementsAre(4, 2, 5, 1, 3));
}

// C25, C10: what a callback registers runs next, or at its phase's turn.
TEST(ThreadExitTest, RunsWhatCallbacksRegister) {
  std::vector<int> order;
  OnThread([&] {
    AtThreadExit([&] { order.push_back(1); });
    AtThreadExit([&] {
      order.push_back(2);
      AtThreadExit(Options().set_phase(-1), [&] { order.push_back(3); });
      AtThreadExit([&] { order.push_back(4); });
    });
  });
  EXPECT_THAT(order, ElementsAre(2, 4, 1, 3));
}

struct Local {
  explicit Local(std::vector<int>* order_in) : order(order_in) {}
  ~Local() { order->push_back(0); }
  std::vector<int>* order;
};

// C25: a thread_local made before is still there.
TEST(ThreadExitTest, RunsBeforeEarlierThreadLocalsEnd) {
  std::vector<int> order;
  OnThread([&] {
    thread_local Local local(&order);
    local.order->push_back(1);
    AtThreadExit([&] { local.order->push_back(2); });
  });
  EXPECT_THAT(order, ElementsAre(1, 2, 0));
}

struct Registers {
  explicit Registers(std::vector<int>* order_in) : order(order_in) {}
  ~Registers() {
    AtThreadExit([order = order] { order->push_back(1); });
    order->push_back(2);
  }
  std::vector<int>* order;
};

// C25: the destructor of a thread_local may register.
TEST(ThreadExitTest, TakesRegistrationsOfThreadLocals) {
  for (const bool before : {false, true}) {
    std::vector<int> order;
    OnThread([&] {
      thread_local Registers local(&order);
      if (before) AtThreadExit([&] { order.push_back(3); });
      local.order->push_back(0);
    });
    if (before) {
      EXPECT_THAT(order, ElementsAre(0, 3, 2, 1));
    } else {
      EXPECT_THAT(order, ElementsAre(0, 2, 1));
    }
  }
}

// C25: so may the destructor of a pthread key, in each round but the last.
TEST(ThreadExitTest, TakesRegistrationsOfPthreadKeys) {
  static std::vector<int> order;
  static pthread_key_t key;
  order.clear();
  ASSERT_EQ(pthread_key_create(&key,
                               [](void*) {
                                 AtThreadExit([] { order.push_back(1); });
                                 order.push_back(2);
                               }),
            0);
  OnThread([] {
    AtThreadExit([] { order.push_back(0); });
    pthread_setspecific(key, &key);
  });
  EXPECT_THAT(order, ElementsAre(0, 2, 1));
  pthread_key_delete(key);
}

// C25: a thread that ends by pthread_exit, or is cancelled.
TEST(ThreadExitTest, RunsHoweverTheThreadEnds) {
  std::atomic<int> ran{0};
  OnThread([&] {
    AtThreadExit([&] { ++ran; });
    pthread_exit(nullptr);
  });
  EXPECT_EQ(ran, 1);
  Latch registered;
  // AddressSanitizer does not see that this frame is gone when it is cancelled.
  std::thread cancelled([&]() ABSL_ATTRIBUTE_NO_SANITIZE_ADDRESS {
    AtThreadExit([&] { ++ran; });
    registered.CountDown();
    for (;;) pause();
  });
  registered.Wait();
  pthread_cancel(cancelled.native_handle());
  cancelled.join();
  EXPECT_EQ(ran, 2);
}

// C1, C4: run, detached or drained before, it does not run again.
TEST(ThreadExitTest, RunsOnce) {
  int ran = 0;
  OnThread([&] {
    AtThreadExit([&] { ++ran; }).Run();
    AtThreadExit([&] { ran += 10; }).Detach();
    AtThreadExit([&] { ++ran; });
    Registry::Process().Drain();
    EXPECT_EQ(ran, 2);
  });
  EXPECT_EQ(ran, 2);
}

// C1: another thread may take it while its thread ends.
TEST(ThreadExitTest, IsClaimedOnceInARace) {
  for (int i = 0; i < 200; ++i) {
    std::atomic<int> ran{0};
    Finalizer<> finalizer;
    Latch both(2);
    std::thread thread([&] {
      finalizer = AtThreadExit([&] { ++ran; });
      both.Arrive();
    });
    both.Arrive();
    finalizer.Run();
    thread.join();
    EXPECT_EQ(ran, 1);
  }
}

// C14: what a callback throws is reported, and the rest runs.
TEST(ThreadExitTest, ReportsFailures) {
  CapturedFailures failures;
  bool ran = false;
  OnThread([&] {
    AtThreadExit([&] { ran = true; });
    AtThreadExit(Options("bad"), [] { throw std::runtime_error("no"); });
  });
  EXPECT_TRUE(ran);
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).name, "bad");
  EXPECT_EQ(failures.at(0).cause, Cause::Kind::kThreadExit);
}

// C26: it is listed with the place of its caller.
TEST(ThreadExitTest, KnowsItsPlace) {
  OnThread([] {
    const Finalizer<> finalizer = AtThreadExit([] {});
    const int line = __LINE__ - 1;
    ASSERT_TRUE(finalizer.Peek().has_value());
    EXPECT_EQ(finalizer.Peek()->place.line, line);
  });
}

// C25: the thread of a drain of many threads leaves nothing behind.
TEST(ThreadExitTest, LeavesNothingPending) {
  const size_t before = Registry::Process().size();
  for (int i = 0; i < 50; ++i) {
    OnThread([] {
      for (int n = 0; n < 20; ++n) AtThreadExit([] {});
    });
  }
  EXPECT_EQ(Registry::Process().size(), before);
}

}  // namespace
