// SPDX-License-Identifier: Apache-2.0

// What only the destructor style does: less, on purpose.

#include "tempdir/destructor_temp_dir.h"

#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <type_traits>

#include "absl/status/statusor.h"
#include "finalize/failure_reporter.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using finalize::Registry;
using tempdir::DestructorTempDir;
using tempdir::TempDirOptions;

using DestructorTempDirTest = TempDirFixture;

static_assert(!std::is_copy_constructible_v<DestructorTempDir>);
static_assert(!std::is_copy_assignable_v<DestructorTempDir>);

TEST_F(DestructorTempDirTest, NothingIsRegistered) {
  const size_t before = Registry::Process().size();
  DestructorTempDir dir = Make<DestructorTempDir>();
  EXPECT_EQ(Registry::Process().size(), before);
  Registry::Process().Drain();
  EXPECT_TRUE(Exists(dir.path()));
}

TEST_F(DestructorTempDirTest, PlaceOfAFailureIsTheCallersLine) {
  const Ended ended = RunForked([] {
    absl::StatusOr<DestructorTempDir> dir = DestructorTempDir::Create();
    const path mounted = dir->path() / "mounted";
    MakeDirectory(mounted);
    MountMemory(mounted);
  });
  EXPECT_NE(ended.output.find("destructor_temp_dir_test.cc:"),
            std::string::npos)
      << ended.output;
}

// After a failure in the destructor it is given up: nobody tries again.
TEST_F(DestructorTempDirTest, FailedDestructorGivesUp) {
  const Ended ended = RunForked([] {
    path where;
    finalize::SetFailureReporter([](const finalize::ReportEntry&) {});
    {
      DestructorTempDir dir = Make<DestructorTempDir>();
      where = dir.path();
      MakeDirectory(where / "mounted");
      MountMemory(where / "mounted");
    }
    umount((where / "mounted").c_str());
    Registry::Process().Drain();
    SayUnless(Exists(where), "somebody removed it");
    exit(0);
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(Entries(scratch()).size(), 1u);
}

}  // namespace
