// SPDX-License-Identifier: Apache-2.0

// weak_tour prints what its first comment says.

#include <regex>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

TEST(WeakTourTest, TellsItsStory) {
  const finalize_test::ChildResult run =
      finalize_test::RunChild({"examples/weak_tour"});
  EXPECT_TRUE(run.Exited(0)) << run;
  EXPECT_EQ(run.err, "");
  EXPECT_EQ(std::regex_replace(run.out, std::regex("0x[0-9a-f]+"), "0x0"),
            "owners of Tom: 1\n"
            "owners of Tom with a weak reference: 1\n"
            "<WeakRef to Cat at 0x0>\n"
            "Tom is eating\n"
            "owners of Tom while it is locked: 2\n"
            "Tommy is no more\n"
            "<WeakRef; dead>\n"
            "locked: nothing\n"
            "Tom is eating\n"
            "through the proxy of Tommy: weakly-referenced object no longer "
            "exists\n"
            "loaded cat.png\n"
            "loaded dog.png\n"
            "cat.png is still there\n"
            "images held: cat.png\n"
            "note on Tom: likes fish\n"
            "notes when Tom is gone: 0\n"
            "alive: yes\n"
            "result: removed /tmp/tour\n"
            "alive: no, result: nothing\n");
}

}  // namespace
