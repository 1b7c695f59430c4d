// SPDX-License-Identifier: Apache-2.0

// Lifetime: moved and copied objects (contract C13).
#include <string>
#include <utility>
#include <vector>

#include "finalize/lifetime.h"
#include "gtest/gtest.h"
#include "tests/support/event_log.h"

namespace {

using finalize::Lifetime;
using finalize::OnDestroy;
using finalize_test::EventLog;

// C13: moving an object moves its finalizers with it.
TEST(LifetimeMoveTest, MoveTakesTheFinalizersAlong) {
  EventLog log;
  {
    Lifetime target;
    {
      Lifetime source;
      OnDestroy(source, log.Adds("1"));
      OnDestroy(source, log.Adds("2"));
      Lifetime between = std::move(source);
      target = std::move(between);
    }
    EXPECT_EQ(log.Text(), "");  // the sources had nothing left
    OnDestroy(target, log.Adds("3"));
  }
  EXPECT_EQ(log.Text(), "3 2 1");
}

// C13: handles stay good after a move, for every position on the list.
TEST(LifetimeMoveTest, MovedFinalizersCanBeClaimed) {
  EventLog log;
  Lifetime target;
  std::vector<finalize::Finalizer<>> f;
  {
    Lifetime source;
    for (int i = 0; i < 5; ++i) {
      f.push_back(OnDestroy(source, log.Adds(std::to_string(i))));
    }
    target = std::move(source);
  }
  EXPECT_TRUE(f[4].Run());     // the newest
  EXPECT_TRUE(f[2].Detach());  // in the middle
  EXPECT_TRUE(f[0].Run());     // the oldest
  { Lifetime end = std::move(target); }
  EXPECT_EQ(log.Text(), "4 0 3 1");
}

// C13: a moved-from one starts over.
TEST(LifetimeMoveTest, MovedFromOneIsEmptyAndUsable) {
  EventLog log;
  {
    Lifetime a;
    OnDestroy(a, log.Adds("first"));
    Lifetime b = std::move(a);
    OnDestroy(a, log.Adds("second"));  // NOLINT(bugprone-use-after-move)
  }
  EXPECT_EQ(log.Text(), "first second");  // b ends before a
}

// C13: move-assigning first runs those of the object assigned over.
TEST(LifetimeMoveTest, MoveAssignmentEndsTheOldLife) {
  EventLog log;
  {
    Lifetime target, source;
    OnDestroy(target, log.Adds("old"));
    OnDestroy(source, log.Adds("new"));
    target = std::move(source);
    EXPECT_EQ(log.Text(), "old");
  }
  EXPECT_EQ(log.Text(), "old new");
}

// C13: assigning an empty one ends the old life too.
TEST(LifetimeMoveTest, MoveAssignmentOfAnEmptyOneEndsTheOldLife) {
  EventLog log;
  Lifetime target;
  OnDestroy(target, log.Adds("old"));
  target = Lifetime();
  EXPECT_EQ(log.Text(), "old");
}

// C13: to itself, it changes nothing.
TEST(LifetimeMoveTest, SelfMoveChangesNothing) {
  EventLog log;
  {
    Lifetime lifetime;
    OnDestroy(lifetime, log.Adds("ran"));
    Lifetime& same = lifetime;
    lifetime = std::move(same);
    EXPECT_EQ(log.Text(), "");
  }
  EXPECT_EQ(log.Text(), "ran");
}

// C13: copying starts a life of its own, with none.
TEST(LifetimeMoveTest, CopyStartsALifeOfItsOwn) {
  EventLog log;
  Lifetime original;
  auto f = OnDestroy(original, log.Adds("original"));
  {
    Lifetime copy = original;
    OnDestroy(copy, log.Adds("copy"));
  }
  EXPECT_EQ(log.Text(), "copy");
  EXPECT_TRUE(f.alive());
  f.Detach();
}

// C13: copy-assigning changes nothing on either side.
TEST(LifetimeMoveTest, CopyAssignmentChangesNothing) {
  EventLog log;
  {
    Lifetime a, b;
    OnDestroy(a, log.Adds("a"));
    OnDestroy(b, log.Adds("b"));
    a = b;
    EXPECT_EQ(log.Text(), "");
  }
  EXPECT_EQ(log.Text(), "b a");
}

// C13: a vector of objects that grows, shrinks and sorts keeps each with its
// finalizers.
TEST(LifetimeMoveTest, ContainersMoveTheirElements) {
  struct Object {
    explicit Object(int n) : number(n) {}
    int number;
    Lifetime lifetime;
  };
  EventLog log;
  std::vector<Object> objects;
  for (int i = 0; i < 4; ++i) {
    objects.emplace_back(i);
    OnDestroy(objects.back().lifetime, log.Adds(std::to_string(i)));
  }
  EXPECT_EQ(log.Text(), "");
  objects.erase(objects.begin() + 1);
  EXPECT_EQ(log.Text(), "1");
  std::swap(objects.front(), objects.back());
  EXPECT_EQ(log.Text(), "1");
  objects.pop_back();  // number 0 by now
  EXPECT_EQ(log.Text(), "1 0");
}

}  // namespace
