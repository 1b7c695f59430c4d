// SPDX-License-Identifier: Apache-2.0

// What is kept: by Keep(), on failure, and by the environment. The same for
// both styles.

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using finalize_test::SendSignal;
using tempdir::TempDirOptions;

template <class Dir>
class TempDirKeepTest : public TempDirFixture {};
TYPED_TEST_SUITE(TempDirKeepTest, Styles, StyleName);

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// C28, edge 10: out of the root, and nobody removes it afterwards.
TYPED_TEST(TempDirKeepTest, KeepMovesToTheParent) {
  const path parent = this->Parent();
  path kept;
  {
    TypeParam dir = Make<TypeParam>(TempDirOptions().set_parent(parent));
    MakeFile(dir.path() / "file");
    auto result = dir.Keep();
    ASSERT_TRUE(result.ok()) << result.status();
    kept = *result;
    EXPECT_EQ(kept, parent / dir.path().filename());
    EXPECT_FALSE(Exists(dir.path()));
    EXPECT_FALSE(dir.removed());
    EXPECT_TRUE(absl::IsFailedPrecondition(dir.Remove()));
    EXPECT_EQ(*dir.Keep(), kept);
  }
  EXPECT_TRUE(Exists(kept / "file"));
  EXPECT_EQ(Entries(parent).size(), 1u);
}
TYPED_TEST(TempDirKeepTest, KeepFindsAnotherNameIfItsOwnIsTaken) {
  TypeParam dir = Make<TypeParam>(TempDirOptions().set_prefix("mine-"));
  const path taken = this->scratch() / dir.path().filename();
  MakeDirectory(taken);
  auto kept = dir.Keep();
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_NE(*kept, taken);
  EXPECT_EQ(kept->parent_path(), this->scratch());
  EXPECT_EQ(kept->filename().native().substr(0, 5), "mine-");
  EXPECT_TRUE(Exists(taken));
}
TYPED_TEST(TempDirKeepTest, KeepMarksTheRootWhereTheParentIsClosed) {
  const Ended ended = RunForked([] {
    MountMemory("/tmp");
    setenv("TMPDIR", "/tmp", 1);
    TypeParam dir = Make<TypeParam>();
    if (chown(dir.path().parent_path().c_str(), kNobody, kNobody) != 0 ||
        chown(dir.path().c_str(), kNobody, kNobody) != 0 ||
        chmod("/tmp", 0755) != 0) {
      abort();
    }
    BecomeNobody();
    auto kept = dir.Keep();
    SayUnless(kept.ok(), kept.status().ToString());
    SayUnless(kept.ok() && *kept == dir.path(), "stays where it is");
    SayUnless(Exists(dir.path().parent_path() / ".keep"), "mark");
    SayUnless(Exists(dir.path()), "there");
  });
  EXPECT_EQ(ended.output, "");
}
TYPED_TEST(TempDirKeepTest, KeepDoesNotTakeAStranger) {
  TypeParam dir = Make<TypeParam>();
  ASSERT_EQ(rmdir(dir.path().c_str()), 0);
  MakeDirectory(dir.path());
  EXPECT_TRUE(absl::IsFailedPrecondition(dir.Keep().status()));
  EXPECT_TRUE(Exists(dir.path()));
  ASSERT_EQ(rmdir(dir.path().c_str()), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(dir.Keep().status()));
}
TYPED_TEST(TempDirKeepTest, KeepAfterRemoveIsRefused) {
  TypeParam dir = Make<TypeParam>();
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(dir.Keep().status()));
}

// C28, edge 11: keep on failure, and say where.
TYPED_TEST(TempDirKeepTest, UnwindingKeepsIfToldSo) {
  const Ended ended = RunForked([] {
    try {
      TypeParam dir = Make<TypeParam>(TempDirOptions().set_keep_on_failure());
      MakeFile(dir.path() / "file");
      throw std::runtime_error("failure");
    } catch (const std::runtime_error&) {
    }
  });
  const path kept = WhatAFailureLeft(this->scratch());
  EXPECT_TRUE(Exists(kept / "file"));
  EXPECT_TRUE(
      Contains(ended.output, "kept the temporary directory " + kept.native()))
      << ended.output;
}
TYPED_TEST(TempDirKeepTest, UnwindingRemovesOtherwise) {
  path where;
  try {
    TypeParam dir = Make<TypeParam>();
    where = dir.path();
    throw std::runtime_error("failure");
  } catch (const std::runtime_error&) {
  }
  EXPECT_FALSE(Exists(where));
}
// An object made while another exception unwinds has not failed.
TYPED_TEST(TempDirKeepTest, MadeDuringUnwindingIsRemoved) {
  struct Unwound {
    ~Unwound() {
      TypeParam dir = Make<TypeParam>(TempDirOptions().set_keep_on_failure());
      *where = dir.path();
    }
    path* where;
  };
  path where;
  try {
    Unwound unwound{&where};
    throw std::runtime_error("failure");
  } catch (const std::runtime_error&) {
  }
  EXPECT_FALSE(Exists(where));
  for (const std::string& name : Entries(this->scratch())) {
    EXPECT_EQ(name.substr(0, 9), "finalize-");
  }
}
TYPED_TEST(TempDirKeepTest, MarkFailedKeeps) {
  const Ended ended = RunForked([] {
    TypeParam dir = Make<TypeParam>(
        TempDirOptions().set_keep_on_failure().set_prefix("post-mortem-"));
    dir.MarkFailed();
  });
  EXPECT_TRUE(Contains(ended.output, "its owner failed")) << ended.output;
  EXPECT_EQ(WhatAFailureLeft(this->scratch()).filename().native().substr(0, 12),
            "post-mortem-");
}
TYPED_TEST(TempDirKeepTest, RemoveRemovesEvenWhatFailed) {
  TypeParam dir = Make<TypeParam>(TempDirOptions().set_keep_on_failure());
  dir.MarkFailed();
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_TRUE(dir.removed());
}
TYPED_TEST(TempDirKeepTest, MarkFailedAloneKeepsNothing) {
  path where;
  {
    TypeParam dir = Make<TypeParam>();
    where = dir.path();
    dir.MarkFailed();
  }
  EXPECT_FALSE(Exists(where));
}

// FINALIZE_KEEP_TEMP_DIRS: every one, and once each it is said where.
TYPED_TEST(TempDirKeepTest, VariableKeepsEveryDirectory) {
  const Ended ended = RunForked([] {
    setenv("FINALIZE_KEEP_TEMP_DIRS", "1", 1);
    TypeParam removed =
        Make<TypeParam>(TempDirOptions().set_prefix("removed-"));
    SayUnless(removed.Remove().ok(), "Remove");
    SayUnless(removed.Remove().ok(), "Remove");
    SayUnless(!removed.removed(), "removed() lies");
    TypeParam left = Make<TypeParam>(TempDirOptions().set_prefix("left-"));
  });
  const std::vector<std::string> left = Entries(this->scratch());
  ASSERT_GE(left.size(), 2u);
  std::string expected;
  for (const char* prefix : {"removed-", "left-"}) {
    for (const std::string& name : left) {
      if (name.substr(0, strlen(prefix)) != prefix) continue;
      expected += "finalize: kept the temporary directory " +
                  (this->scratch() / name).native() +
                  " (FINALIZE_KEEP_TEMP_DIRS)\n";
    }
  }
  EXPECT_EQ(ended.output, expected);
}
// C28: however the process ends, and for a reaper, too.
TYPED_TEST(TempDirKeepTest, VariableKeepsWhatAKilledProcessLeaves) {
  const Ended ended = RunForked([] {
    setenv("FINALIZE_KEEP_TEMP_DIRS", "1", 1);
    for (bool directly : {false, true}) {
      auto* dir = Abandon(Make<TypeParam>(
          TempDirOptions().set_prefix("mine-").set_direct(directly)));
      MakeFile(dir->path() / "file");
    }
    SendSignal(getpid(), SIGKILL);
  });
  EXPECT_EQ(ended.signal, SIGKILL);
  const std::vector<std::string> left = Entries(this->scratch());
  ASSERT_EQ(left.size(), 2u);
  ASSERT_TRUE(tempdir::Reap(this->scratch()).ok());
  EXPECT_EQ(Entries(this->scratch()), left);
  for (const std::string& name : left) {
    EXPECT_EQ(name.substr(0, 5), "mine-");
    EXPECT_TRUE(Exists(this->scratch() / name / "file")) << name;
  }
}
TYPED_TEST(TempDirKeepTest, VariableIsOffWhereEmptyOrZero) {
  for (const char* value : {"", "0"}) {
    setenv("FINALIZE_KEEP_TEMP_DIRS", value, 1);
    path where;
    {
      TypeParam dir = Make<TypeParam>();
      where = dir.path();
    }
    EXPECT_FALSE(Exists(where)) << value;
  }
}

}  // namespace
