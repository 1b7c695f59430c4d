// SPDX-License-Identifier: Apache-2.0

#include "session.h"

#include <sys/stat.h>

#include <memory>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/weak_ref.h"
#include "gtest/gtest.h"
#include "scratch.h"

namespace consumer {
namespace {

TEST(SessionTest, EndOfASessionRunsItsCallback) {
  std::string left;
  {
    Session session("ann");
    session.OnEnd([&left](const std::string& user) { left = user; });
  }
  EXPECT_EQ(left, "ann");
}

TEST(SessionTest, CallbackOfTheRequestRunsInItsDrain) {
  int runs = 0;
  CurrentRequest().Register([&runs] { ++runs; });
  EXPECT_TRUE(CurrentRequest().Drain().status().ok());
  EXPECT_EQ(runs, 1);
}

TEST(SessionTest, WeakRefIsNullAfterItsReferent) {
  auto session = finalize::MakeShared<Session>("ann");
  finalize::WeakRef<Session> weak(session);
  EXPECT_NE(weak.Lock(), nullptr);
  session.reset();
  EXPECT_EQ(weak.Lock(), nullptr);
}

TEST(SessionTest, ScratchDirExists) {
  const std::string path = NewScratchDir();
  struct stat entry;
  ASSERT_EQ(stat(path.c_str(), &entry), 0) << path;
  EXPECT_TRUE(S_ISDIR(entry.st_mode));
}

TEST(SessionTest, FinalizerRegisteredHereIsSeenByTheLibrary) {
  auto finalizer = finalize::AtExit("never", [] {});
  EXPECT_TRUE(finalizer.alive());
  EXPECT_TRUE(finalizer.Run());
  EXPECT_FALSE(finalizer.alive());
}

}  // namespace
}  // namespace consumer
