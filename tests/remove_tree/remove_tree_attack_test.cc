// SPDX-License-Identifier: Apache-2.0

// RemoveTree under attack: while it works, directories are exchanged with links
// that lead outside. Nothing outside may be lost or change its mode.
//
// Each kind of attack is made twice: before each single system call of a
// removal in turn (there, nothing depends on luck), and by a thread that
// exchanges the names as fast as it can, for 1,000 rounds.

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tempdir/internal/remove/remove_tree_at.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/removal_storage.h"
#include "tempdir/remove_tree.h"
#include "tests/support/removal_fixture.h"

namespace {

using finalize_test::kNobody;
using tempdir::RemoveTree;
using tempdir::RemoveTreeOptions;
using tempdir::RemoveTreeStats;
using tempdir_internal::kKernelCalls;
using tempdir_internal::RemoveTreeWith;
using tempdir_internal::SystemCalls;

constexpr int kRounds = 1000;

void Exchange(int directory, const char* one, const char* other) {
  syscall(SYS_renameat2, directory, one, directory, other, RENAME_EXCHANGE);
}

// What is exchanged before system call number `first` of a removal, and back
// again `calls_between` calls later.
struct Attack {
  int directory = -1;
  const char* name = "";
  const char* link = "";
  int first = 0;
  int calls_between = 0;
  int calls = 0;

  void Next() {
    ++calls;
    if (calls == first || calls == first + calls_between) {
      Exchange(directory, name, link);
    }
  }
};
Attack attack;

int AttackedOpenBeneath(int directory, const char* name, int flags) {
  attack.Next();
  return kKernelCalls.open_beneath(directory, name, flags);
}
int NoOpenBeneath(int, const char*, int) { return -ENOSYS; }
int AttackedOpen(int directory, const char* name, int flags) {
  attack.Next();
  return kKernelCalls.open(directory, name, flags);
}
int CarelessOpen(int directory, const char* name, int flags) {
  attack.Next();
  return kKernelCalls.open(directory, name, flags & ~O_NOFOLLOW);
}
ssize_t AttackedReadEntries(int fd, void* buffer, size_t size) {
  attack.Next();
  return kKernelCalls.read_entries(fd, buffer, size);
}
int AttackedRemove(int directory, const char* name, int flags) {
  attack.Next();
  return kKernelCalls.remove(directory, name, flags);
}
int AttackedRename(int directory, const char* name, int new_directory,
                   const char* new_name, unsigned flags) {
  attack.Next();
  return kKernelCalls.rename(directory, name, new_directory, new_name, flags);
}
int AttackedExamine(int fd, const char* name, struct stat* status) {
  attack.Next();
  return kKernelCalls.examine(fd, name, status);
}
int AttackedChangeMode(int fd, mode_t mode) {
  attack.Next();
  return kKernelCalls.change_mode(fd, mode);
}

SystemCalls AttackedCalls() {
  SystemCalls calls = kKernelCalls;
  calls.open_beneath = AttackedOpenBeneath;
  calls.open = AttackedOpen;
  calls.read_entries = AttackedReadEntries;
  calls.remove = AttackedRemove;
  calls.rename = AttackedRename;
  calls.examine = AttackedExamine;
  calls.change_mode = AttackedChangeMode;
  return calls;
}

// Works with the current directory as its scratch directory, so that it can do
// so as another user. Functions return what went wrong.
class Arena {
 public:
  // What must survive: `kOutside` files and directories with known modes.
  static std::string MakeOutside() {
    if (mkdir("outside", 0755) != 0) return "no outside";
    for (const char* directory :
         {"outside/a", "outside/a/b", "outside/sub", "outside/sub/sub"}) {
      if (mkdir(directory, 0755) != 0) return directory;
      MakeFiles(directory, 3);
    }
    MakeFiles("outside", 3);
    if (chmod("outside/sub/sub", 0500) != 0) return "no mode";
    if (chmod("outside/sub", 0500) != 0) return "no mode";
    if (chmod("outside", 0500) != 0) return "no mode";
    return "";
  }
  static std::string LookOutside() {
    for (const char* directory : {"outside", "outside/a", "outside/a/b",
                                  "outside/sub", "outside/sub/sub"}) {
      for (int i = 0; i < 3; ++i) {
        const std::string file =
            std::string(directory) + "/file" + std::to_string(i);
        if (access(file.c_str(), F_OK) != 0) return "lost " + file;
      }
    }
    if (Mode("outside") != 0500) return "outside was re-moded";
    if (Mode("outside/sub") != 0500) return "outside/sub was re-moded";
    if (Mode("outside/sub/sub") != 0500) return "outside/sub/sub was re-moded";
    return "";
  }

  // "root" with some levels, all of `mode`, and one link to outside at each
  // level, for exchanging.
  static std::string MakeTree(mode_t mode) {
    for (const char* directory : {"root", "root/sub", "root/sub/sub",
                                  "root/sub/sub/sub", "root/other"}) {
      if (mkdir(directory, 0755) != 0) return std::string("no ") + directory;
      MakeFiles(directory, 3);
    }
    if (symlink("outside", "link") != 0) return "no link";
    if (symlink("../outside", "root/link") != 0) return "no link";
    if (symlink("../../outside", "root/sub/link") != 0) return "no link";
    for (const char* directory :
         {"root/sub/sub/sub", "root/sub/sub", "root/sub", "root/other"}) {
      if (chmod(directory, mode) != 0) return "no mode";
    }
    return "";
  }
  // Whatever the attack left is removed in peace.
  static std::string Clear() {
    for (const char* name : {"root", "link"}) {
      const absl::Status status = RemoveTree(name);
      if (!status.ok()) return status.ToString();
    }
    return "";
  }

 private:
  static void MakeFiles(const char* directory, int count) {
    for (int i = 0; i < count; ++i) {
      const std::string name =
          std::string(directory) + "/file" + std::to_string(i);
      close(open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
  }
  static mode_t Mode(const char* name) {
    struct stat status;
    return lstat(name, &status) == 0 ? status.st_mode & 07777 : 0;
  }
};

// Where the exchange happens: a directory and two names in it.
struct Target {
  const char* directory;
  const char* name;
  const char* link;
};
constexpr Target kChild = {"root/sub", "sub", "link"};
constexpr Target kIntermediate = {"root", "sub", "link"};
constexpr Target kRoot = {".", "root", "link"};

// One removal with one exchange at one place. `*last` becomes true when the
// removal is over before the exchange comes.
std::string RemoveOnce(const SystemCalls& calls, const Target& target,
                       mode_t mode, int first, int calls_between, bool* last) {
  std::string said = Arena::MakeTree(mode);
  if (!said.empty()) return said;
  attack = {open(target.directory, O_PATH | O_CLOEXEC),
            target.name,
            target.link,
            first,
            calls_between,
            0};
  tempdir_internal::HeapStorage storage;
  // One thread: the calls have an order.
  RemoveTreeOptions options;
  options.max_threads = 1;
  RemoveTreeWith(calls, storage, "root", options, nullptr).IgnoreError();
  close(attack.directory);
  *last = attack.calls < first;
  said = Arena::LookOutside();
  return said.empty() ? Arena::Clear() : said;
}

std::string AttackEachCall(const SystemCalls& calls, const Target& target,
                           mode_t mode) {
  std::string said = Arena::MakeOutside();
  bool last = false;
  int first = 1;
  for (; said.empty() && !last; ++first) {
    for (const int between : {1, 2, 3, 5, 1000}) {
      said = RemoveOnce(calls, target, mode, first, between, &last);
      if (!said.empty()) break;
    }
  }
  if (said.empty() && first < 20) said = "the attack never came";
  return said;
}

std::string AttackInRounds(const Target& target, mode_t mode) {
  std::string said = Arena::MakeOutside();
  std::atomic<bool> stop{false};
  std::atomic<int> directory{-1};
  std::atomic<bool> busy{false};
  std::atomic<int> exchanged{0};
  std::thread attacker([&] {
    while (!stop) {
      busy = true;
      const int at = directory;
      if (at >= 0 && syscall(SYS_renameat2, at, target.name, at, target.link,
                             RENAME_EXCHANGE) == 0) {
        ++exchanged;
      }
      busy = false;
    }
  });
  for (int round = 0; said.empty() && round < kRounds; ++round) {
    said = Arena::MakeTree(mode);
    const int at = open(target.directory, O_PATH | O_CLOEXEC);
    directory = at;
    // Removed twice: the second one meets what the first one left.
    RemoveTree("root").IgnoreError();
    directory = -1;
    while (busy) {
    }
    close(at);
    if (said.empty()) said = Arena::LookOutside();
    if (said.empty()) said = Arena::Clear();
  }
  stop = true;
  attacker.join();
  if (said.empty() && exchanged == 0) said = "the attacker exchanged nothing";
  return said;
}

class RemoveTreeAttackTest : public finalize_test::RemovalInMemoryTest {
 protected:
  // Runs an attack as `user`, in a directory of its own.
  std::string Run(uid_t user, const std::function<std::string()>& body) {
    const std::string name = "arena" + std::to_string(++arenas_);
    MakeDirectory(name, 0777);
    return InChild([&]() -> std::string {
      if (chdir(name.c_str()) != 0) return "not entered";
      return user == 0 ? body() : finalize_test::Become(user, body);
    });
  }

 private:
  int arenas_ = 0;
};

// The attack is one: a remover that follows links falls for it.
TEST_F(RemoveTreeAttackTest, FollowingLinksWouldLoseFiles) {
  SystemCalls careless = AttackedCalls();
  careless.open_beneath = CarelessOpen;
  careless.open = CarelessOpen;
  for (const Target& target : {kChild, kIntermediate, kRoot}) {
    EXPECT_EQ(Run(0, [&] { return AttackEachCall(careless, target, 0755); })
                  .substr(0, 4),
              "lost")
        << target.directory;
  }
}

// C29, edge 22.
TEST_F(RemoveTreeAttackTest, ExchangesAtEachCallLeadNowhere) {
  for (const Target& target : {kChild, kIntermediate, kRoot}) {
    EXPECT_EQ(
        Run(0, [&] { return AttackEachCall(AttackedCalls(), target, 0755); }),
        "")
        << target.directory;
  }
}

// C29: O_NOFOLLOW alone has to do where there is no openat2.
TEST_F(RemoveTreeAttackTest, ExchangesLeadNowhereWithoutOpenat2) {
  SystemCalls calls = AttackedCalls();
  calls.open_beneath = NoOpenBeneath;
  for (const Target& target : {kChild, kIntermediate, kRoot}) {
    EXPECT_EQ(Run(0, [&] { return AttackEachCall(calls, target, 0755); }), "")
        << target.directory;
  }
}

// C29, edge 23: while permissions are repaired, as the user who owns both.
TEST_F(RemoveTreeAttackTest, ExchangesDuringRepairLeadNowhere) {
  for (const Target& target : {kChild, kIntermediate, kRoot}) {
    for (const mode_t mode : {0500, 0300, 0000}) {
      EXPECT_EQ(
          Run(kNobody,
              [&] { return AttackEachCall(AttackedCalls(), target, mode); }),
          "")
          << target.directory << " " << mode;
    }
  }
}

// C29, edge 22.
TEST_F(RemoveTreeAttackTest, ChildUnderFireForThousandRounds) {
  EXPECT_EQ(Run(0, [] { return AttackInRounds(kChild, 0755); }), "");
}

TEST_F(RemoveTreeAttackTest, IntermediateUnderFireForThousandRounds) {
  EXPECT_EQ(Run(0, [] { return AttackInRounds(kIntermediate, 0755); }), "");
}

TEST_F(RemoveTreeAttackTest, RootUnderFireForThousandRounds) {
  EXPECT_EQ(Run(0, [] { return AttackInRounds(kRoot, 0755); }), "");
}

// C29, edge 23.
TEST_F(RemoveTreeAttackTest, RepairUnderFireForThousandRounds) {
  EXPECT_EQ(Run(kNobody, [] { return AttackInRounds(kIntermediate, 0000); }),
            "");
}

}  // namespace
