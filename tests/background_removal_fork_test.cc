// Forks beside the thread that removes temp dirs in the background.

#include <string>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tests/child_process.h"
#include "tests/temp_dir_fixture.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using temp_dir_fixture::Entries;
using temp_dir_fixture::TempDirFixture;
using testing::IsEmpty;

class BackgroundRemovalForkTest : public TempDirFixture {
 protected:
  ChildResult Run(const std::string& scenario) {
    ChildOptions options;
    options.environment = {{"TMPDIR", scratch().native()},
                           {"FINALIZE_REAP", "0"},
                           {"FINALIZE_EXIT_DEADLINE", "60s"}};
    return finalize_test::RunChild(
        {HelperPath("background_removal_child"), scenario}, options);
  }
};

// C21: a child that adopts finishes what is queued.
TEST_F(BackgroundRemovalForkTest, DaemonFinishesWhatIsQueued) {
  for (const char* scenario : {"destructor-adopted", "finalizer-adopted"}) {
    const ChildResult result = Run(scenario);
    EXPECT_TRUE(result.Exited(7)) << scenario << result;
    EXPECT_EQ(result.out, "done\n") << scenario;
    EXPECT_EQ(result.err, "") << scenario;
    EXPECT_THAT(Entries(scratch()), IsEmpty()) << scenario;
  }
}

// C21: children that leave by _exit leave their roots.
TEST_F(BackgroundRemovalForkTest, MayComeAtAnyMoment) {
  const ChildResult result = Run("forks-at-work");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "") << result;
  EXPECT_EQ(Entries(scratch()).size(), 50) << "of the children";
  EXPECT_TRUE(tempdir::Reap(scratch()).ok());
  EXPECT_THAT(Entries(scratch()), IsEmpty());
}

}  // namespace
