// SPDX-License-Identifier: Apache-2.0

// RemoveTree on device files, which only the superuser can make.
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "gtest/gtest.h"
#include "tempdir/remove_tree.h"
#include "tests/support/removal_fixture.h"

namespace {

using tempdir::RemoveTree;
using tempdir::RemoveTreeStats;

using RemoveTreeDeviceTest = finalize_test::RemovalTest;

// C29, edge 27.
TEST_F(RemoveTreeDeviceTest, DevicesAreRemovedUnopened) {
  MakeDirectory("tree");
  // 1:3 is /dev/null; nobody has a driver for 255:255.
  ASSERT_EQ(mknodat(fd(), "tree/null", S_IFCHR | 0600, makedev(1, 3)), 0);
  ASSERT_EQ(mknodat(fd(), "tree/none", S_IFBLK | 0600, makedev(255, 255)), 0);
  RemoveTreeStats stats;
  EXPECT_TRUE(RemoveTree(Path("tree"), {}, &stats).ok());
  EXPECT_EQ(stats.files, 2u);
  EXPECT_FALSE(Exists("tree"));
}

}  // namespace
