// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include "examples/compare/scenarios/scenario_groups.h"
#include "examples/compare/subject/owner.h"
#include "examples/compare/subject/system_call_filter.h"

namespace compare {
namespace {

constexpr char kScopeEnd[] = "at scope end";
constexpr char kRetry[] = "by retry";
constexpr char kExit[] = "at exit";

// Calls dir->Remove() on a thread for which no file can be removed.
template <class Dir>
void FailToRemove(Dir* dir) {
  std::thread unlucky([dir] {
    CheckOk(ForbidUnlink());
    Check(!dir->Remove().ok(), "Remove() says OK");
  });
  unlucky.join();
  Check(!dir->removed(), "removed() is true after a failed Remove()");
}

template <class Dir>
int RemoveFailsOnce() {
  Dir dir = MakeDir<Dir>();
  Stage("by Remove()");
  FailToRemove(&dir);
  Stage(kRetry);
  CheckOk(dir.Remove());
  Stage(kScopeEnd);
  return 0;
}

template <class Dir>
int RemoveFailsThenEnd() {
  {
    Dir dir = MakeDir<Dir>();
    Stage("by Remove()");
    FailToRemove(&dir);
    Stage(kScopeEnd);
  }
  Stage(kExit);
  return 0;
}

template <class Dir>
int RemoveFailsThenExit() {
  Dir dir = MakeDir<Dir>();
  Stage("by Remove()");
  FailToRemove(&dir);
  Stage(kExit);
  std::exit(0);
}

template <class Dir>
int Undeletable() {
  {
    Dir dir = MakeDir<Dir>();
    CheckOk(ForbidUnlink());
    Stage(kScopeEnd);
  }
  Stage(kExit);
  return 0;
}

template <class Dir>
int OpenFile() {
  int file = -1;
  {
    Dir dir = MakeDir<Dir>();
    const std::string name = dir.path().string() + "/open";
    file = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    Check(file >= 0 && write(file, "held", 4) == 4, "write");
    Stage(kScopeEnd);
  }
  char text[4];
  Check(pread(file, text, 4, 0) == 4, "the open file cannot be read");
  Stage(kExit);
  return 0;
}

template <class Dir>
int DiskFull() {
  {
    Dir dir = MakeDir<Dir>();
    CheckOk(FillDisk());
    const std::string name = dir.path().string() + "/more";
    Check(open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 &&
              errno == ENOSPC,
          "the disk is not full");
    const absl::Status status = Dir::Create(tempdir::TempDirOptions()).status();
    Check(absl::IsResourceExhausted(status),
          "Create on a full disk: " + status.ToString());
    Stage(kScopeEnd);
  }
  Stage(kExit);
  return 0;
}

// Another directory stands at the path, with a file in it.
template <class Dir>
int Replaced() {
  {
    Dir dir = MakeDir<Dir>();
    const std::filesystem::path path = dir.path().string();
    std::filesystem::rename(path, path.string() + ".away");
    std::filesystem::create_directory(path);
    std::filesystem::copy_file(path.string() + ".away/index", path / "other");
    Stage(kScopeEnd);
  }
  Stage(kExit);
  return 0;
}

template <class Dir>
std::optional<Dir> late_global;

template <class Dir>
int CreatedAtExit() {
  CallAtExit<Dir>("save state", [] {
    late_global<Dir>.emplace(MakeDir<Dir>());
    Stage("later at exit");
  });
  return 0;
}

template <class Dir>
Dir* late_leaked;

template <class Dir>
int LeakedAtExit() {
  CallAtExit<Dir>("save state", [] {
    late_leaked<Dir> = new Dir(MakeDir<Dir>());
    Stage("later at exit");
  });
  return 0;
}

constexpr Scenario kTrouble[] = {
    {"remove-fails-once",
     "Remove() fails, is retried",
     "A file cannot be removed (EPERM, as if it were immutable), and "
     "Remove() returns that error. Later the file can be removed, and the "
     "program calls Remove() again.",
     {RemoveFailsOnce<D>, RemoveFailsOnce<F>, RemoveFailsOnce<M>},
     Exits(0),
     {{"destructor", kRetry,
       "The owner remains the owner until the directory has been removed."},
      {"finalizer", kRetry,
       "A retryable finalizer that fails is pending again. (Python's is "
       "dead, and its `removed` is true while the directory still exists.)"}}},
    {"remove-fails-scope",
     "Remove() fails, scope ends",
     "The same, but the program does not call Remove() again, and later "
     "the owner's scope ends.",
     {RemoveFailsThenEnd<D>, RemoveFailsThenEnd<F>, RemoveFailsThenEnd<M>},
     Exits(0),
     {{"", kScopeEnd,
       "The destructor of the owner tries again, and succeeds."}}},
    {"remove-fails-exit",
     "Remove() fails, exit()",
     "The same, but the program calls exit() while the owner is alive.",
     {RemoveFailsThenExit<D>, RemoveFailsThenExit<F>, RemoveFailsThenExit<M>},
     Exits(0),
     {{"destructor", nullptr,
       "exit() does not destroy the owner: there is no second attempt."},
      {"finalizer", kExit,
       "The failed finalizer is pending again, and exit tries it."}}},
    {"undeletable",
     "undeletable file",
     "The kernel does not let this process remove a file of the directory. It "
     "lets other processes.",
     {Undeletable<D>, Undeletable<F>, Undeletable<M>},
     Exits(0),
     {{"", nullptr,
       "A file that cannot be removed stays, in either style. Standard "
       "error has its path and the reason. The program continues, and its "
       "exit status is unchanged."},
      kReaperProcessDoes,
      kNextStartDoes},
     "PERMISSION_DENIED"},
    {"open-file",
     "file in it still open",
     "The scope ends while a file of the directory is open.",
     {OpenFile<D>, OpenFile<F>, OpenFile<M>},
     Exits(0),
     {{"", kScopeEnd,
       "On a local file system a name can be removed while the file is open: "
       "reading and writing continue to work."}}},
    {"disk-full",
     "disk full",
     "The disk is full: no file, directory or name can be created (every "
     "such call fails with ENOSPC). The program fails to create a second "
     "temp dir, and leaves the scope of the first.",
     {DiskFull<D>, DiskFull<F>, DiskFull<M>},
     Exits(0),
     {{"", kScopeEnd, "Removal needs no room on the disk."}}},
    {"replaced",
     "another one at its path",
     "The directory is renamed, and a new one is created at its path.",
     {Replaced<D>, Replaced<F>, Replaced<M>},
     Exits(0),
     {{"", nullptr,
       "The owner knows its directory by identity, not by name: it does "
       "not touch the new directory at its path. The message says where "
       "its own directory is, if it is near."},
      kReaperProcessDoes,
      kNextStartDoes},
     "FAILED_PRECONDITION"},
    {"created-at-exit",
     "made at exit, in a global",
     "A callback that runs at exit creates a temp dir and stores it in a "
     "global variable.",
     {CreatedAtExit<D>, CreatedAtExit<F>, CreatedAtExit<M>},
     Exits(0),
     {{"destructor", "later at exit",
       "The global is destroyed after the callback, because it was "
       "constructed before the callback was registered."},
      {"finalizer", "later at exit",
       "exit() also runs a finalizer that is registered while it runs the "
       "others."}}},
    {"leaked-at-exit",
     "made at exit, leaked",
     "A callback that runs at exit creates a temp dir with new.",
     {LeakedAtExit<D>, LeakedAtExit<F>, LeakedAtExit<M>},
     Exits(0),
     {{"destructor", nullptr,
       "It is never destroyed, at exit or at any other time."},
      {"finalizer", "later at exit",
       "exit() also runs a finalizer that is registered while it runs the "
       "others."}}},
};

}  // namespace

Group Trouble() { return {"trouble", "trouble", kTrouble}; }

}  // namespace compare
