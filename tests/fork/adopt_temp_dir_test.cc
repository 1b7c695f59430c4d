// SPDX-License-Identifier: Apache-2.0

// Temp dirs of a process that becomes a daemon.
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tempdir/internal/system/fork_mutex.h"
#include "tests/support/child_process.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::Forked;
using finalize_test::HelperPath;
using finalize_test::Latch;
using finalize_test::RunChild;
using testing::IsEmpty;

constexpr int kParentLeft = 7;

std::vector<std::string> NamesIn(const std::string& path) {
  std::vector<std::string> names;
  DIR* const dir = opendir(path.c_str());
  if (dir == nullptr) return {"no such directory"};
  while (const dirent* entry = readdir(dir)) {
    if (entry->d_name[0] != '.') names.push_back(entry->d_name);
  }
  closedir(dir);
  return names;
}

// Runs it with a $TMPDIR of its own, in which nothing may be left.
void ExpectDone(const std::string& scenario, int code) {
  std::string parent = testing::TempDir() + "/adopt_XXXXXX";
  ASSERT_NE(mkdtemp(parent.data()), nullptr);
  ChildOptions options;
  options.environment = {{"TMPDIR", parent},
                         {"LSAN_OPTIONS", "detect_leaks=0"}};
  const ChildResult result =
      RunChild({HelperPath("adopt_temp_dir_child"), scenario}, options);
  EXPECT_TRUE(result.Exited(code)) << scenario << result;
  EXPECT_EQ(result.out, "done\n") << scenario << result;
  EXPECT_EQ(result.err, "") << scenario << result;
  EXPECT_THAT(NamesIn(parent), IsEmpty()) << scenario;
  EXPECT_EQ(rmdir(parent.c_str()), 0);
}

// C21, C27: Remove(), Keep() and the destructor work in the daemon.
TEST(AdoptTempDirTest, VerbsWork) {
  ExpectDone("destructor-verbs", kParentLeft);
  ExpectDone("finalizer-verbs", kParentLeft);
}

// C21, C27: what is left to exit() goes at the daemon's.
TEST(AdoptTempDirTest, IsRemovedAtExit) {
  ExpectDone("finalizer-exit", kParentLeft);
  ExpectDone("destructor-return", kParentLeft);
}

// C21: unless it is adopted, a temp dir stays the parent's.
TEST(AdoptTempDirTest, StaysTheParentsElse) {
  ExpectDone("destructor-not-adopted", 0);
  ExpectDone("finalizer-not-adopted", 0);
}

// C21: a directory on which another thread was at work is refused.
TEST(ForkMutexTest, TellsThatItWasCaught) {
  tempdir_internal::ForkMutex mutex;
  tempdir_internal::ForkMutex free;
  ASSERT_TRUE(free.Acquire());
  free.Release();
  Latch held;
  Latch forked;
  std::thread holder([&] {
    const tempdir_internal::ForkMutexHolder holder(mutex);
    EXPECT_TRUE(holder.held());
    held.CountDown();
    forked.Wait();
  });
  held.Wait();
  const pid_t child = Forked(fork());
  if (child == 0) {
    if (mutex.Acquire() || mutex.Acquire()) _exit(1);
    _exit(free.Acquire() ? 3 : 2);
  }
  forked.CountDown();
  holder.join();
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_TRUE(mutex.Acquire());
  mutex.Release();
}

}  // namespace
