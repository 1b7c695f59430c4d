// SPDX-License-Identifier: Apache-2.0

// Races of many threads for the same finalizers (contract C1, C3, C5, C7, C11,
// C12, C13, C16).
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "finalize/at_exit.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "finalize/shared.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/latch.h"

namespace {

using finalize::Finalizer;
using finalize::Lifetime;
using finalize::Options;
using finalize::Registry;
using finalize_test::CapturedFailures;
using finalize_test::Latch;

// Starts all bodies at once, each on a thread of its own, and joins them.
void Race(const std::vector<std::function<void()>>& bodies) {
  Latch start(static_cast<int>(bodies.size()));
  std::vector<std::thread> threads;
  for (const auto& body : bodies) {
    threads.emplace_back([&start, &body] {
      start.Arrive();
      body();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Counts how often each of several callbacks ran.
class Runs {
 public:
  explicit Runs(int count) : counts_(count) {}
  auto Counts(int i) {
    return [this, i] { counts_[i].fetch_add(1); };
  }
  int operator[](int i) const { return counts_[i].load(); }

 private:
  std::vector<std::atomic<int>> counts_;
};

// C1: call, detach, the end of the referent and two drains: exactly one wins
// each finalizer.
TEST(FinalizerRaceTest, ExactlyOneTriggerWins) {
  constexpr int kCount = 400;
  Runs runs(kCount);
  Registry registry;
  std::vector<std::unique_ptr<Lifetime>> lifetimes;
  std::vector<Finalizer<>> f;
  for (int i = 0; i < kCount; ++i) {
    lifetimes.push_back(std::make_unique<Lifetime>());
    f.push_back(registry.OnDestroy(*lifetimes[i], {}, runs.Counts(i)));
  }
  std::vector<int> ran(kCount), detached(kCount);
  Race({[&] {
          for (int i = 0; i < kCount; ++i) ran[i] = f[i].Run();
        },
        [&] {
          for (int i = kCount - 1; i >= 0; --i) {
            detached[i] = static_cast<bool>(f[i].Detach());
          }
        },
        [&] {
          for (int i = 0; i < kCount; i += 2) lifetimes[i].reset();
        },
        [&] { registry.Drain(); }, [&] { registry.Drain(); }});
  for (int i = 0; i < kCount; ++i) {
    EXPECT_EQ(runs[i] + detached[i], 1) << i;
    EXPECT_LE(ran[i], runs[i]);
  }
  EXPECT_EQ(registry.size(), 0u);
}

// C1, C3: many threads run one finalizer: one has the result.
TEST(FinalizerRaceTest, OneThreadHasTheResult) {
  for (int round = 0; round < 50; ++round) {
    Registry registry;
    auto f = registry.Register([] { return std::string("result"); });
    std::atomic<int> results{0};
    std::vector<std::function<void()>> bodies(6, [&] {
      if (f.Run()) ++results;
      f.Wait();
      EXPECT_FALSE(f.alive());
    });
    Race(bodies);
    EXPECT_EQ(results.load(), 1);
  }
}

// C3, C7: Wait returns when the winner's callback has ended, whoever won.
TEST(FinalizerRaceTest, WaitSeesWhatTheWinnerDid) {
  for (int round = 0; round < 100; ++round) {
    Registry registry;
    int done = 0;  // not atomic: ordered by the wait
    auto f = registry.Register([&] { done = 1; });
    auto body = [&] {
      if (!f.Run()) {
        f.Wait();
        EXPECT_EQ(done, 1);
      }
    };
    Race({body, body});
  }
}

// C1, C6: threads register, run, detach and drop in one registry, on more
// threads than there are lanes.
void Churn(Registry* registry, int threads, int each) {
  std::atomic<int> registered{0}, finished{0};
  std::vector<std::function<void()>> bodies;
  for (int t = 0; t < threads; ++t) {
    bodies.push_back([&, t] {
      for (int i = 0; i < each; ++i) {
        auto f = registry->Register(Options().set_phase(i % 3),
                                    [&finished] { ++finished; });
        ++registered;
        if ((i + t) % 4 == 0) f.Run();
        if ((i + t) % 4 == 1 && f.Detach()) ++finished;
        if ((i + t) % 4 == 2) f.set_at_exit(false);
      }
    });
  }
  Race(bodies);
  registry->Drain();
  EXPECT_EQ(finished.load(), registered.load());
  EXPECT_EQ(registered.load(), threads * each);
}
TEST(FinalizerRaceTest, ThreadsChurnARegistry) {
  Registry registry;
  Churn(&registry, 8, 500);
}
TEST(FinalizerRaceTest, ManyThreadsChurnTheProcessRegistry) {
  Churn(&Registry::Process(), 100, 50);
}

// C11: flags change while a drain at process end goes on: what has run is
// dead, what is left is alive and was not run.
TEST(FinalizerRaceTest, FlagsChangeDuringADrain) {
  constexpr int kCount = 1000;
  Runs runs(kCount);
  Registry registry;
  std::vector<Finalizer<>> f;
  for (int i = 0; i < kCount; ++i) {
    f.push_back(
        registry.Register(Options().set_at_exit(i % 2 == 0), runs.Counts(i)));
  }
  finalize::DrainOptions at_exit;
  at_exit.cause = finalize::Cause::Kind::kExit;
  finalize::Report report;
  Race({[&] { report = registry.Drain(at_exit); },
        [&] {
          for (int i = 0; i < kCount; ++i) f[i].set_at_exit(i % 3 == 0);
        },
        [&] {
          for (int i = kCount - 1; i >= 0; --i) f[i].set_at_exit(i % 5 == 0);
        }});
  int ran = 0;
  for (int i = 0; i < kCount; ++i) {
    EXPECT_EQ(runs[i], f[i].alive() ? 0 : 1) << i;
    ran += runs[i];
  }
  EXPECT_EQ(report.ran, static_cast<size_t>(ran));
  EXPECT_EQ(registry.size(), static_cast<size_t>(kCount - ran));
}

// C5: peeks and dumps while everything else happens.
TEST(FinalizerRaceTest, PeeksDisturbNobody) {
  constexpr int kCount = 300;
  Runs runs(kCount);
  Registry registry;
  std::vector<Finalizer<>> f;
  for (int i = 0; i < kCount; ++i) {
    f.push_back(registry.Register(
        Options("peeked"),
        [&runs, i](const std::string& text) {
          EXPECT_EQ(text, "an argument that is longer than a pointer");
          runs.Counts(i)();
        },
        std::string("an argument that is longer than a pointer")));
  }
  auto peek = [&] {
    for (int i = 0; i < kCount; ++i) {
      if (auto arguments = f[i].PeekArguments<std::string>()) {
        EXPECT_EQ(std::get<0>(*arguments).size(), 41u);
      }
      if (auto info = f[i].Peek()) {
        EXPECT_EQ(info->name, "peeked");
      }
    }
  };
  Race({peek, peek, [&] { registry.Dump(); }, [&] { registry.Drain(); },
        [&] {
          for (int i = 0; i < kCount; i += 3) f[i].Run();
        }});
  for (int i = 0; i < kCount; ++i) EXPECT_EQ(runs[i], 1);
}

// C12: entries move to and fro while they are claimed.
TEST(FinalizerRaceTest, MovesLoseNothing) {
  constexpr int kCount = 400;
  Runs runs(kCount);
  std::vector<int> detached(kCount);
  Registry a, b;
  std::vector<std::unique_ptr<Lifetime>> lifetimes;
  std::vector<Finalizer<>> f;
  for (int i = 0; i < kCount; ++i) {
    lifetimes.push_back(std::make_unique<Lifetime>());
    f.push_back(a.OnDestroy(*lifetimes[i], {}, runs.Counts(i)));
  }
  Race({[&] {
          for (int i = 0; i < 50; ++i) {
            a.MoveTo(b).IgnoreError();
            b.MoveTo(a).IgnoreError();
          }
        },
        [&] {
          for (int i = 0; i < kCount; i += 3) f[i].Run();
        },
        [&] {
          for (int i = 1; i < kCount; i += 3) {
            detached[i] = static_cast<bool>(f[i].Detach());
          }
        },
        [&] {
          for (int i = kCount - 1; i >= 0; i -= 2) lifetimes[i].reset();
        },
        [&] {
          for (int i = 0; i < kCount; i += 7) f[i].Peek();
        }});
  a.Drain();
  b.Drain();
  for (int i = 0; i < kCount; ++i) EXPECT_EQ(runs[i] + detached[i], 1) << i;
}

// C13: threads attach to, run through and drop pointers of their own to one
// object; its callbacks run after its destructor.
TEST(FinalizerRaceTest, SharedReferentDiesOnce) {
  struct Object {
    explicit Object(std::atomic<bool>* d) : dead(d) {}
    ~Object() { dead->store(true); }
    std::atomic<bool>* dead;
  };
  for (int round = 0; round < 30; ++round) {
    std::atomic<bool> dead{false};
    std::atomic<int> after{0}, before{0}, registered{0};
    auto shared = finalize::MakeShared<Object>(&dead);
    std::vector<std::function<void()>> bodies;
    for (int t = 0; t < 4; ++t) {
      bodies.push_back([&, copy = shared]() mutable {
        for (int i = 0; i < 20; ++i) {
          auto f = finalize::OnDestroy(
              copy, [&] { ++(dead.load() ? after : before); });
          ++registered;
          f.Peek();
          if (i % 5 == 0) f.Run();
        }
        copy.reset();
      });
    }
    shared.reset();
    std::vector<std::thread> threads;
    for (auto& body : bodies) threads.emplace_back(std::move(body));
    for (std::thread& thread : threads) thread.join();
    bodies.clear();
    EXPECT_TRUE(dead.load());
    EXPECT_EQ(before.load(), 16);
    EXPECT_EQ(before.load() + after.load(), registered.load());
  }
}

// C16: two threads drain two registries whose callbacks drain each other's.
TEST(FinalizerRaceTest, CrossingDrainsEnd) {
  for (int round = 0; round < 30; ++round) {
    std::atomic<int> ran{0};
    Registry a, b;
    for (int i = 0; i < 20; ++i) {
      a.Register([&] {
        ++ran;
        b.Drain();
      });
      b.Register([&] {
        ++ran;
        a.Drain();
      });
    }
    Race({[&] { a.Drain(); }, [&] { b.Drain(); }});
    EXPECT_EQ(ran.load(), 40);
  }
}

// C8: a retryable one fails on several threads until it succeeds, once.
TEST(FinalizerRaceTest, RetryableSucceedsOnce) {
  CapturedFailures failures;
  std::atomic<int> attempts{0}, successes{0};
  Registry registry;
  auto f = registry.RegisterRetryable({}, [&] {
    if (++attempts < 200) return absl::UnavailableError("again");
    ++successes;
    return absl::OkStatus();
  });
  auto run = [&] {
    while (f.alive() || successes.load() == 0) f.Run();
  };
  Race({run, run, [&] {
          while (successes.load() == 0) registry.Drain();
        }});
  EXPECT_EQ(successes.load(), 1);
  EXPECT_EQ(attempts.load(), 200);
}

// C3: scopes end while the process registry drains: each guard runs once, and
// never after its frame.
TEST(FinalizerRaceTest, ScopesAndDrains) {
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  auto scopes = [&] {
    for (int i = 0; i < 500; ++i) {
      int runs = 0;
      {
        finalize::Finally guard(
            Options().set_if_closed(finalize::IfClosed::kRunNow),
            [&runs] { ++runs; });
      }
      if (runs != 1) ++wrong;
    }
  };
  std::thread drainer([&] {
    while (!stop.load()) Registry::Process().Drain();
  });
  Race({scopes, scopes});
  stop.store(true);
  drainer.join();
  EXPECT_EQ(wrong.load(), 0);
}

// Registries come and go on several threads.
TEST(FinalizerRaceTest, RegistriesComeAndGo) {
  std::atomic<int> runs{0};
  auto body = [&] {
    for (int i = 0; i < 300; ++i) {
      Registry registry;
      Registry child(registry);
      child.Register([&] { ++runs; });
      registry.Register(Options().set_phase(i), [&] { ++runs; });
      if (i % 2) registry.Drain();
    }
  };
  Race({body, body, body});
  EXPECT_EQ(runs.load(), 3 * 300 * 2);
}

}  // namespace
