// SPDX-License-Identifier: Apache-2.0

// C30: reaping between user namespaces: whose a root is, its owner says as the
// kernel shows it, not the number in its name.

#include "tests/file_systems/user_namespace.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tests/support/dead_roots.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::ReapOutcome;

// A user that was an ordinary one before.
void BecomeRootOfANamespace() {
  if (!finalize_test::BecomeRootOfANamespace()) abort();
}

size_t Count(ReapOutcome outcome) {
  auto report = tempdir::Reap("/tmp");
  SayUnless(report.ok(), report.status().ToString());
  return report.ok() ? report->Count(outcome) : 0;
}

// C30: a rootless container, seen from outside, and the next one.
TEST(UserNamespaceTest, RootOfADeadProcessInOneIsReaped) {
  for (const bool outside : {false, true}) {
    const Ended ended = RunForked([outside] {
      MountMemory("/tmp");
      BecomeSomeUser();
      const Ended made = RunForked([] {
        BecomeRootOfANamespace();
        dprintf(STDOUT_FILENO, "%s", MakeDeadRoot("/tmp").c_str());
      });
      SayUnless(path(made.output).filename().native().find("finalize-0-") == 0,
                made.output);
      if (!outside) BecomeRootOfANamespace();
      SayUnless(Count(ReapOutcome::kRemoved) == 1, "not reaped");
      SayUnless(Entries("/tmp").empty(), "something is left");
    });
    EXPECT_EQ(ended.output, "");
    EXPECT_EQ(ended.exit_code, 0);
  }
}

// C30: and what died outside, from inside.
TEST(UserNamespaceTest, RootOfADeadProcessOutsideIsReaped) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    BecomeSomeUser();
    MakeDeadRoot("/tmp");
    BecomeRootOfANamespace();
    SayUnless(Count(ReapOutcome::kRemoved) == 1, "not reaped");
    SayUnless(Entries("/tmp").empty(), "something is left");
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.exit_code, 0);
}

// C30: to the user whose number stands for all that a namespace does not know,
// the roots of strangers look like its own.
TEST(UserNamespaceTest, OwnerThatIsNotToldIsNotTrusted) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    RunForked([] {
      BecomeSomeUser();
      MakeDeadRoot("/tmp");
    });
    if (unshare(CLONE_NEWUSER) != 0) abort();
    SayUnless(geteuid() == kNobody, "somebody");
    auto report = tempdir::Reap("/tmp");
    SayUnless(report.ok() && report->Count(ReapOutcome::kRefused) == 1,
              "taken");
    const std::string why(report->roots[0].status.message());
    SayUnless(why.find("user namespace") != std::string::npos, why);
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.exit_code, 0);
}

}  // namespace
