// SPDX-License-Identifier: Apache-2.0

// Keep(destination): a temp dir or a temp file is published under a given name,
// in one step.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tempdir/internal/owned/owned_directory.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_options.h"
#include "tempdir/temp_file.h"
#include "tests/support/refused_calls.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using finalize_test::SendSignal;
using tempdir::IfExists;
using tempdir::TempDirOptions;
using tempdir::TempFile;
using tempdir_internal::OwnedDirectory;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Puts a text into a temp dir or a temp file, or reads it from either.
template <class Entry>
void Fill(const path& entry, const std::string& text) {
  const bool file = std::is_same_v<Entry, TempFile>;
  std::ofstream((file ? entry : entry / "file").native()) << text;
}
template <class Entry>
std::string TextOf(const path& entry) {
  const bool file = std::is_same_v<Entry, TempFile>;
  std::ifstream stream((file ? entry : entry / "file").native());
  return {std::istreambuf_iterator<char>(stream), {}};
}
template <class Entry>
void MakeBefore(const path& entry, const std::string& text) {
  if (!std::is_same_v<Entry, TempFile>) MakeDirectory(entry);
  Fill<Entry>(entry, text);
}

template <class Entry>
class KeepDestinationTest : public TempDirFixture {
 protected:
  static Entry MakeFilled(TempDirOptions options = {}) {
    Entry entry = Make<Entry>(std::move(options));
    Fill<Entry>(entry.path(), "new");
    return entry;
  }
};

using Entries3 = testing::Types<tempdir::DestructorTempDir,
                                tempdir::FinalizerTempDir, TempFile>;
struct EntryName {
  template <class Entry>
  static std::string GetName(int i) {
    return std::is_same_v<Entry, TempFile> ? "File"
                                           : StyleName::GetName<Entry>(i);
  }
};
TYPED_TEST_SUITE(KeepDestinationTest, Entries3, EntryName);

// C28: it is there, and nobody removes it afterwards.
TYPED_TEST(KeepDestinationTest, Publishes) {
  const path parent = this->Parent();
  const path wanted = parent / "published";
  {
    TypeParam entry = this->MakeFilled(TempDirOptions().set_parent(parent));
    auto kept = entry.Keep(wanted);
    ASSERT_TRUE(kept.ok()) << kept.status();
    EXPECT_EQ(*kept, wanted);
    EXPECT_EQ(*entry.Keep(), wanted);
    EXPECT_FALSE(entry.removed());
    EXPECT_TRUE(absl::IsFailedPrecondition(entry.Remove()));
    EXPECT_TRUE(absl::IsFailedPrecondition(entry.Keep(wanted).status()));
  }
  EXPECT_EQ(TextOf<TypeParam>(wanted), "new");
  EXPECT_THAT(Entries(parent), SizeIs(1));
}
TYPED_TEST(KeepDestinationTest, CountsFromTheCurrentDirectory) {
  const Ended ended = RunForked([this] {
    SayUnless(chdir(this->scratch().c_str()) == 0, "chdir");
    TypeParam entry = this->MakeFilled();
    auto kept = entry.Keep("published/");
    SayUnless(kept.ok() && *kept == this->In("published"),
              kept.status().ToString());
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(TextOf<TypeParam>(this->In("published")), "new");
}
// C28: what stands there is not touched, be it empty or a dangling link; and
// the own one is removed as before.
TYPED_TEST(KeepDestinationTest, RefusesWhatIsThere) {
  MakeFile(this->In("file"));
  MakeDirectory(this->In("dir"));
  ASSERT_EQ(symlink("nowhere", this->In("link").c_str()), 0);
  path where;
  {
    TypeParam entry = this->MakeFilled();
    where = entry.path();
    for (const char* name : {"file", "dir", "link"}) {
      const absl::Status status = entry.Keep(this->In(name)).status();
      EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr(this->In(name).native()));
    }
    EXPECT_EQ(TextOf<TypeParam>(where), "new");
  }
  EXPECT_FALSE(Exists(where));
  EXPECT_TRUE(Exists(this->In("link")));
  EXPECT_THAT(Entries(this->In("dir")), IsEmpty());
}
TYPED_TEST(KeepDestinationTest, RefusesWhatIsNoName) {
  TypeParam entry = this->MakeFilled();
  for (const char* name :
       {"", "/", ".", "..", "a/..", "finalize-0-abcdefghijklmnop"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(entry.Keep(name).status())) << name;
  }
  EXPECT_TRUE(absl::IsNotFound(entry.Keep(this->In("no") / "x").status()));
  EXPECT_TRUE(Exists(entry.path()));
}
// Another file system: nothing is copied, and it says what to do.
TYPED_TEST(KeepDestinationTest, FailsAcrossFileSystems) {
  const path mount = this->Parent("mount");
  const Ended ended = RunForked([&] {
    MountMemory(mount);
    TypeParam entry = this->MakeFilled();
    const absl::Status status = entry.Keep(mount / "published").status();
    SayUnless(absl::IsFailedPrecondition(status), status.ToString());
    SayUnless(status.message().find("another file system") != std::string::npos,
              status.ToString());
    SayUnless(TextOf<TypeParam>(entry.path()) == "new", "content");
    SayUnless(Entries(mount).empty(), "something was made");
    SayUnless(entry.Remove().ok(), "remove");
  });
  EXPECT_EQ(ended.output, "");
}
// C27: not what stands at its path instead of it.
TYPED_TEST(KeepDestinationTest, DoesNotPublishAStranger) {
  TypeParam entry = this->MakeFilled();
  ASSERT_EQ(rename(entry.path().c_str(), this->In("own").c_str()), 0);
  const path wanted = this->In("published");
  EXPECT_TRUE(absl::IsFailedPrecondition(entry.Keep(wanted).status()));
  MakeBefore<TypeParam>(entry.path(), "stranger");
  EXPECT_TRUE(absl::IsFailedPrecondition(entry.Keep(wanted).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      entry.Keep(wanted, IfExists::kExchange).status()));
  EXPECT_FALSE(Exists(wanted));
  EXPECT_EQ(TextOf<TypeParam>(entry.path()), "stranger");
}

// The two change places; what was there is removed as the temp dir was to be.
TYPED_TEST(KeepDestinationTest, ExchangesIfAsked) {
  const path wanted = this->In("published");
  MakeBefore<TypeParam>(wanted, "old");
  path where;
  {
    TypeParam entry = this->MakeFilled();
    where = entry.path();
    auto kept = entry.Keep(wanted, IfExists::kExchange);
    ASSERT_TRUE(kept.ok()) << kept.status();
    EXPECT_EQ(*kept, wanted);
    EXPECT_EQ(TextOf<TypeParam>(wanted), "new");
    EXPECT_EQ(TextOf<TypeParam>(where), "old");
    EXPECT_FALSE(entry.removed());
  }
  EXPECT_FALSE(Exists(where));
  EXPECT_EQ(TextOf<TypeParam>(wanted), "new");
}
TYPED_TEST(KeepDestinationTest, ExchangeCanBeTakenBack) {
  const path wanted = this->In("published");
  MakeBefore<TypeParam>(wanted, "old");
  TypeParam entry = this->MakeFilled();
  ASSERT_TRUE(entry.Keep(wanted, IfExists::kExchange).ok());
  ASSERT_TRUE(entry.Keep(wanted, IfExists::kExchange).ok());
  EXPECT_EQ(TextOf<TypeParam>(wanted), "old");
  EXPECT_EQ(TextOf<TypeParam>(entry.path()), "new");
  EXPECT_TRUE(entry.Remove().ok());
  EXPECT_EQ(TextOf<TypeParam>(wanted), "old");
}
TYPED_TEST(KeepDestinationTest, ExchangeForNothingPublishes) {
  const path wanted = this->In("published");
  {
    TypeParam entry = this->MakeFilled();
    ASSERT_TRUE(entry.Keep(wanted, IfExists::kExchange).ok());
    EXPECT_TRUE(absl::IsFailedPrecondition(entry.Remove()));
  }
  EXPECT_EQ(TextOf<TypeParam>(wanted), "new");
}
TYPED_TEST(KeepDestinationTest, ExchangeRefusesAnotherType) {
  const bool file = std::is_same_v<TypeParam, TempFile>;
  if (file) {
    MakeDirectory(this->In("other"));
  } else {
    MakeFile(this->In("other"));
  }
  ASSERT_EQ(symlink("other", this->In("link").c_str()), 0);
  TypeParam entry = this->MakeFilled();
  for (const char* name : {"other", "link"}) {
    const absl::Status status =
        entry.Keep(this->In(name), IfExists::kExchange).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  }
  EXPECT_EQ(TextOf<TypeParam>(entry.path()), "new");
}

// C1, C28: of threads that publish it, and one that removes it, one wins.
TYPED_TEST(KeepDestinationTest, RacesHaveOneWinner) {
  for (int round = 0; round < 50; ++round) {
    const path parent = this->Parent(std::to_string(round).c_str());
    TypeParam entry = this->MakeFilled(TempDirOptions().set_parent(parent));
    std::atomic<int> won{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back(
          [&, i] { won += entry.Keep(parent / std::to_string(i)).ok(); });
    }
    threads.emplace_back([&] { won += entry.Remove().ok(); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
    EXPECT_THAT(Entries(parent), SizeIs(entry.removed() ? 0 : 1));
  }
}

// C30: published, it is out of every reaper's reach, and never half.
TYPED_TEST(KeepDestinationTest, SurvivesAKillAndAReaper) {
  RunForked([this] {
    auto* entry = Abandon(this->MakeFilled());
    SayUnless(entry->Keep(this->In("published")).ok(), "keep");
    SendSignal(getpid(), SIGKILL);
  });
  ASSERT_TRUE(tempdir::Reap(this->scratch()).ok());
  EXPECT_EQ(Entries(this->scratch()), std::vector<std::string>{"published"});
  EXPECT_EQ(TextOf<TypeParam>(this->In("published")), "new");
}

// One without a root of its own gets rid of the name and the lock of one.
template <class Dir>
class KeepDirectTest : public KeepDestinationTest<Dir> {};
TYPED_TEST_SUITE(KeepDirectTest, Styles, StyleName);

TYPED_TEST(KeepDirectTest, Publishes) {
  const path parent = this->Parent();
  {
    TypeParam dir =
        this->MakeFilled(TempDirOptions().set_parent(parent).set_direct());
    ASSERT_TRUE(dir.Keep(parent / "published").ok());
  }
  EXPECT_EQ(Entries(parent), std::vector<std::string>{"published"});
  ASSERT_TRUE(tempdir::Reap(parent).ok());
  EXPECT_EQ(TextOf<TypeParam>(parent / "published"), "new");
}
TYPED_TEST(KeepDirectTest, StaysAsItWasIfRefused) {
  const path parent = this->Parent();
  MakeDirectory(parent / "taken");
  MakeDirectory(parent / "taken" / "content");
  TypeParam dir =
      this->MakeFilled(TempDirOptions().set_parent(parent).set_direct());
  EXPECT_TRUE(absl::IsAlreadyExists(dir.Keep(parent / "taken").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      dir.Keep(parent / "taken", IfExists::kExchange).status()));
  ASSERT_TRUE(tempdir::Reap(parent).ok());
  EXPECT_EQ(TextOf<TypeParam>(dir.path()), "new");
  EXPECT_TRUE(dir.Remove().ok());
  EXPECT_EQ(Entries(parent), std::vector<std::string>{"taken"});
}

// What is at the destination cannot be identified.
class Unidentified : public OwnedDirectory {
 public:
  using OwnedDirectory::OwnedDirectory;

 private:
  absl::Status Identify(int) override { return absl::InternalError("which?"); }
};

// C27: an exchange that fails is taken back, and the directory is still known
// by what was written into it. (Without file handles, that is a token.)
TEST(KeepUnidentifiedTest, FailedExchangeChangesNothing) {
  const Scratch scratch;
  const path destination = scratch.path() / "published";
  MakeDirectory(destination);
  const Ended ended = RunForked([&] {
    SayUnless(RefuseCalls({SYS_name_to_handle_at}, ENOSYS).empty(), "handles");
    Unidentified directory(TempDirOptions().set_parent(scratch.path()));
    SayUnless(directory.Create().ok(), "not created");
    const auto kept =
        directory.KeepAt(destination.native(), IfExists::kExchange);
    SayUnless(absl::IsInternal(kept.status()), "kept");
    const absl::Status removed = directory.Remove();
    SayUnless(removed.ok(), removed.ToString().c_str());
    _exit(0);
  });
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(Entries(scratch.path()), std::vector<std::string>{"published"});
}

// An anonymous file gets a name.
TEST(KeepAnonymousTest, LinksTheFile) {
  const Scratch scratch;
  const path wanted = scratch.path() / "published";
  auto file = TempFile::Anonymous();
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->Write("new").ok());
  ASSERT_TRUE(file->Keep(wanted).ok());
  EXPECT_EQ(TextOf<TempFile>(wanted), "new");
  EXPECT_EQ(Mode(wanted), 0600u);
  EXPECT_TRUE(absl::IsAlreadyExists(file->Keep(wanted).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      file->Keep(wanted, IfExists::kExchange).status()));
}

}  // namespace
