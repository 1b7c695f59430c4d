// SPDX-License-Identifier: Apache-2.0

// The lock that says that a root is in use (C30).

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/root/directory_lock.h"
#include "tempdir/internal/system/local_file_system.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/forked.h"
#include "tests/support/lingering_process.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using finalize_test::Forked;
using finalize_test::HeldProcess;
using tempdir::TempDirOptions;
using tempdir_internal::ParseRootName;

// Whether somebody holds the directory.
bool IsHeld(const path& directory) {
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(fd);
  return held;
}

template <class Dir>
class ProcessRootLockTest : public TempDirFixture {
 protected:
  path OnlyRoot() const { return scratch() / Entries(scratch()).at(0); }
};
TYPED_TEST_SUITE(ProcessRootLockTest, Styles, StyleName);

// C30, edge 17: held as long as its owner lives, and no longer.
TYPED_TEST(ProcessRootLockTest, EndsWithItsOwner) {
  LingeringProcess holder([](int ready) {
    Abandon(Make<TypeParam>());
    (void)!write(ready, "", 1);
  });
  ASSERT_TRUE(holder.AwaitByte());
  EXPECT_TRUE(IsHeld(this->OnlyRoot()));
  holder.Kill();
  EXPECT_FALSE(IsHeld(this->OnlyRoot()));
}

// Edge 17: exec drops it.
TYPED_TEST(ProcessRootLockTest, IsNotInheritedAcrossExec) {
  LingeringProcess holder([](int ready) {
    Abandon(Make<TypeParam>());
    dup2(ready, STDOUT_FILENO);
    execlp("sh", "sh", "-c", "echo; while :; do sleep 1; done", nullptr);
  });
  ASSERT_TRUE(holder.AwaitByte());
  EXPECT_FALSE(IsHeld(this->OnlyRoot()));
}

// C30: some process of the family lives.
TYPED_TEST(ProcessRootLockTest, ForkedChildKeepsIt) {
  pid_t* const child =
      static_cast<pid_t*>(mmap(nullptr, sizeof(pid_t), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  LingeringProcess holder([child](int ready) {
    Abandon(Make<TypeParam>());
    const pid_t forked = Forked(fork());
    if (forked == 0) return;
    *child = forked;
    (void)!write(ready, "", 1);
  });
  ASSERT_TRUE(holder.AwaitByte());
  HeldProcess held(*child);
  holder.Kill();
  EXPECT_TRUE(IsHeld(this->OnlyRoot()));
  held.Send(SIGKILL);
  // What it has open is closed one after the other.
  EXPECT_FALSE(holder.AwaitByte());
  while (IsHeld(this->OnlyRoot())) sched_yield();
  munmap(child, sizeof(pid_t));
}

// C30: a child that uses, destroys and exits never unlocks.
TYPED_TEST(ProcessRootLockTest, ForkedChildNeverUnlocks) {
  TypeParam dir = Make<TypeParam>();
  const path root = dir.path().parent_path();
  const Ended ended = RunForked([&dir] {
    { TypeParam childs = Make<TypeParam>(); }
    { TypeParam inherited = std::move(dir); }
    exit(0);
  });
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_TRUE(IsHeld(root));
}

// A program that closes everything loses the lock until its next creation.
TYPED_TEST(ProcessRootLockTest, IsTakenAgainAfterAllDescriptorsWereClosed) {
  const Ended ended = RunForked([] {
    TypeParam old = Make<TypeParam>();
    closefrom(3);
    SayUnless(!IsHeld(old.path().parent_path()), "held without a descriptor");
    TypeParam dir = Make<TypeParam>();
    SayUnless(dir.path().parent_path() == old.path().parent_path(),
              "another root");
    SayUnless(IsHeld(old.path().parent_path()), "not locked again");
  });
  EXPECT_EQ(ended.output, "");
}

TYPED_TEST(ProcessRootLockTest, OneThatAReaperTookMeanwhileIsReplaced) {
  const Ended ended = RunForked([] {
    TypeParam old = Make<TypeParam>();
    closefrom(3);
    const path root = old.path().parent_path();
    const int reaper = open(root.c_str(), O_RDONLY | O_DIRECTORY);
    SayUnless(flock(reaper, LOCK_EX | LOCK_NB) == 0, "no lock");
    TypeParam dir = Make<TypeParam>();
    SayUnless(dir.path().parent_path() != root,
              "made in a root that is reaped");
    SayUnless(IsHeld(dir.path().parent_path()), "not locked");
    close(reaper);
  });
  EXPECT_EQ(ended.output, "");
}

// C30: a root in somebody else's temp dir holds that as well.
TYPED_TEST(ProcessRootLockTest, HoldsTheRootsThatItLiesIn) {
  LingeringProcess outer([](int out) {
    dprintf(out, "%s\n", Abandon(Make<TypeParam>())->path().c_str());
  });
  const path inner_parent = outer.AwaitLine();
  ASSERT_FALSE(inner_parent.empty());
  LingeringProcess inner([&](int ready) {
    Abandon(Make<TypeParam>(TempDirOptions().set_parent(inner_parent)));
    (void)!write(ready, "", 1);
  });
  ASSERT_TRUE(inner.AwaitByte());
  outer.Kill();
  EXPECT_TRUE(IsHeld(this->OnlyRoot()));
  inner.Kill();
  EXPECT_FALSE(IsHeld(this->OnlyRoot()));
}

TYPED_TEST(ProcessRootLockTest, NoneIsMadeInARootThatIsBeingReaped) {
  const path inside = this->In("finalize-0-abcdefghijklmnop.reap");
  MakeDirectory(inside);
  const int reaper = open(inside.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(flock(reaper, LOCK_EX | LOCK_NB), 0);
  auto dir = TypeParam::Create(TempDirOptions().set_parent(inside));
  EXPECT_TRUE(absl::IsAborted(dir.status())) << dir.status();
  EXPECT_TRUE(Entries(inside).empty());
  close(reaper);
}

TEST(RootNameTest, FormIsExact) {
  EXPECT_EQ(ParseRootName("finalize-1000-abcdefghijklmn27")->owner, 1000u);
  EXPECT_FALSE(ParseRootName("finalize-0-abcdefghijklmnop")->reaped);
  EXPECT_TRUE(ParseRootName("finalize-0-abcdefghijklmnop.reap")->reaped);
  EXPECT_FALSE(ParseRootName("finalize-0-abcdefghijklmnop.reap")->live);
  EXPECT_TRUE(ParseRootName("finalize-0-abcdefghijklmnop.live")->live);
  for (const char* name :
       {"", "finalize-", "finalize-0", "finalize-0-", "finalize--abcdefgh",
        "finalize-0-abcdefghijklmno", "finalize-0-abcdefghijklmnopq",
        "finalize-0-ABCDEFGHIJKLMNOP", "finalize-0-abcdefghijklmn01",
        "finalize-00-abcdefghijklmnop", "finalize-+1-abcdefghijklmnop",
        "finalize-4294967296-abcdefghijklmnop", "xfinalize-0-abcdefghijklmnop",
        "finalize-0-abcdefghijklmnop.reap.reap", "finalize-0-abcdefghijklmnop.",
        "finalize-0-abcdefghijklmnop.reaped"}) {
    EXPECT_FALSE(ParseRootName(name)) << name;
  }
}

TEST(LocalFileSystemTest, KnowsThisOne) {
  const int fd = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  EXPECT_FALSE(tempdir_internal::FileSystemOf(fd).flock_holds);
  close(fd);
  Scratch scratch;
  const int local = open(scratch.path().c_str(), O_RDONLY | O_DIRECTORY);
  EXPECT_TRUE(tempdir_internal::FileSystemOf(local).flock_holds);
  close(local);
}

// Flock on those is not what it is here.
TEST(LocalFileSystemTest, NetworkAndUserFileSystemsAreNotOnTheList) {
  using tempdir_internal::FileSystemOfType;
  EXPECT_EQ(FileSystemOfType(0x6969).name, "nfs");
  EXPECT_FALSE(FileSystemOfType(0x6969).flock_holds);
  EXPECT_FALSE(FileSystemOfType(0x65735546).flock_holds);  // FUSE, virtiofs
  EXPECT_FALSE(FileSystemOfType(0x12345678).flock_holds);  // unheard of
  EXPECT_TRUE(FileSystemOfType(0x01021994).flock_holds);   // tmpfs
}

}  // namespace
