// SPDX-License-Identifier: Apache-2.0

// Which directories a signal handler finds when the process crashes.
//
// A claim holds to the end of a process: each test claims in a child.

#include "tempdir/internal/marks/root_table.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "boost/filesystem/operations.hpp"
#include "boost/filesystem/path.hpp"
#include "finalize/adopt_after_fork.h"
#include "finalize/owner_process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/forked.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using boost::filesystem::path;
using finalize_test::Forked;
using tempdir::TempDirOptions;
using tempdir_internal::ClaimedRoot;
using tempdir_internal::ClaimRoots;
using tempdir_internal::RootEntry;
using namespace finalize_test;  // NOLINT(build/namespaces)

// The paths of what it claims; "closed" or "another" for a descriptor that is
// not what the entry says.
std::set<std::string> Claim() {
  std::set<std::string> found;
  ClaimRoots(
      [](const ClaimedRoot& root, void* context) {
        struct stat seen;
        std::string what = root.path;
        if (fstat(root.fd, &seen) != 0) {
          what = "closed";
        } else if (seen.st_dev != root.device || seen.st_ino != root.inode) {
          what = "another";
        }
        static_cast<std::set<std::string>*>(context)->insert(what);
      },
      &found);
  return found;
}

// Runs `body` in a child.
template <class F>
void InChild(F body) {
  const pid_t child = Forked(fork());
  if (child == 0) {
    body();
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// The same in one that may use what this process has made.
template <class F>
void InAdoptingChild(F body) {
  InChild([&] {
    ASSERT_TRUE(finalize::AdoptAfterFork().ok());
    body();
  });
}

template <class Dir>
class RootTableTest : public TempDirFixture {};

TYPED_TEST_SUITE(RootTableTest, Styles, StyleName);

// C23
TYPED_TEST(RootTableTest, HasRootsAndDirectDirectories) {
  const auto in_root = Make<TypeParam>();
  const auto direct = Make<TypeParam>(TempDirOptions().set_direct());
  InAdoptingChild([&] {
    const auto own = Make<TypeParam>();
    EXPECT_THAT(Claim(), testing::ElementsAreArray(std::set<std::string>{
                             in_root.path().parent_path().native(),
                             direct.path().native()}));
    EXPECT_THAT(Claim(), testing::IsEmpty()) << "claimed before";
  });
}

// C23: not what is gone, and not what is kept.
TYPED_TEST(RootTableTest, HasNotWhatHasGone) {
  const path parent = this->scratch() / "parent";
  boost::filesystem::create_directory(parent);
  auto removed = Make<TypeParam>(TempDirOptions().set_parent(parent));
  ASSERT_TRUE(removed.Remove().ok());
  auto direct =
      Make<TypeParam>(TempDirOptions().set_parent(parent).set_direct());
  ASSERT_TRUE(direct.Remove().ok());
  auto kept = Make<TypeParam>(TempDirOptions().set_parent(parent).set_direct());
  ASSERT_TRUE(kept.Keep().ok());
  InAdoptingChild([] { EXPECT_THAT(Claim(), testing::IsEmpty()); });
}

// C23, C21: a child that crashes leaves its parent's alone.
TYPED_TEST(RootTableTest, HasNothingInherited) {
  const auto dir = Make<TypeParam>();
  InChild([] {
    EXPECT_THAT(Claim(), testing::IsEmpty());
    const auto own = Make<TypeParam>();
    EXPECT_EQ(Claim(),
              std::set<std::string>{own.path().parent_path().native()});
  });
}

// C23: what was closed and opened again is found by its new descriptor.
TYPED_TEST(RootTableTest, FollowsADescriptorThatIsOpenedAgain) {
  InAdoptingChild([] {
    const auto dir = Make<TypeParam>();
    for (int fd = STDERR_FILENO + 1; fd < 100; ++fd) close(fd);
    const auto other = Make<TypeParam>();
    EXPECT_EQ(Claim(),
              std::set<std::string>{dir.path().parent_path().native()});
  });
}

// C23: what was claimed keeps its descriptor, whatever its owner does.
TYPED_TEST(RootTableTest, KeepsClaimedDescriptorsOpen) {
  InAdoptingChild([&] {
    auto dir = Make<TypeParam>(TempDirOptions().set_parent(this->scratch()));
    int fd = -1;
    ClaimRoots([](const ClaimedRoot& root,
                  void* context) { *static_cast<int*>(context) = root.fd; },
               &fd);
    EXPECT_TRUE(dir.Remove().ok());
    struct stat seen;
    EXPECT_EQ(fstat(fd, &seen), 0);
  });
}

TEST(RootEntryTest, IsRefusedIfTheTableIsFull) {
  InChild([] {
    static const auto& owner = *new finalize::OwnerProcess;
    const int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::vector<RootEntry> entries(tempdir_internal::kRootSlots);
    for (RootEntry& entry : entries) EXPECT_TRUE(entry.Enter(&owner, "/", fd));
    RootEntry more;
    EXPECT_FALSE(more.Enter(&owner, "/", fd));
    EXPECT_TRUE(more.Leave());
    EXPECT_TRUE(entries[7].Leave());
    EXPECT_TRUE(more.Enter(&owner, "/", fd));
    EXPECT_TRUE(more.Leave());
    for (RootEntry& entry : entries) EXPECT_TRUE(entry.Leave());
    EXPECT_FALSE(more.Enter(&owner, std::string(5000, 'x'), fd));
    close(fd);
    EXPECT_FALSE(more.Enter(&owner, "/", fd));
  });
}

}  // namespace
