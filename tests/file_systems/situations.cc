// SPDX-License-Identifier: Apache-2.0

// Prints what becomes of temp dirs on each kind of file system and in each kind
// of container, as a table. tools/situations runs it; needs root, and writes
// below /var/tmp. What this machine cannot mount is said in the row.
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "boost/filesystem/operations.hpp"
#include "boost/filesystem/path.hpp"
#include "finalize/exit_hooks.h"
#include "finalize/failure_reporter.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir_guarantees.h"
#include "tests/file_systems/user_namespace.h"
#include "tests/support/dead_roots.h"
#include "tests/support/refused_calls.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::FinalizerTempDir;
using tempdir::ReapOutcome;

constexpr char kParent[] = "/tmp/parent";
constexpr char kOnDisk[] = "/var/tmp/finalize-situations";

// Ends this row, and says why it has no other cells.
[[noreturn]] void Unavailable(const std::string& why) {
  printf("not available here: %s", why.c_str());
  fflush(stdout);
  _exit(1);
}

void Need(bool holds, const std::string& what) {
  if (!holds) Unavailable(absl::StrCat(what, ": ", strerror(errno)));
}

void Command(const std::string& command) {
  if (system((command + " >/dev/null 2>&1").c_str()) != 0) Unavailable(command);
}

// --- the columns: each runs in a process of its own, and prints its cell ---

std::string Weaker(const tempdir::TempDirGuarantees& guarantees) {
  std::vector<std::string> weaker;
  if (!guarantees.path) weaker.push_back("path");
  if (!guarantees.mode) weaker.push_back("mode");
  if (!guarantees.owner) weaker.push_back("owner");
  if (!guarantees.lock) weaker.push_back("lock");
  if (weaker.empty()) return "OK";
  return "OK; not guaranteed: " + absl::StrJoin(weaker, ", ");
}

void Cell(const std::string& text) {
  printf("%s", absl::StrReplaceAll(text, {{"|", "/"}, {"\n", " "}}).c_str());
  fflush(stdout);
}

// What is in the parent, as a part of a cell.
std::string Left() {
  const size_t count = Entries(kParent).size();
  return count == 0 ? "" : absl::StrCat(", ", count, " left");
}

void Create() {
  const auto dir = FinalizerTempDir::Create();
  Cell(dir.ok() ? Weaker(dir->guarantees()) : dir.status().ToString());
}

void Use() {
  const FinalizerTempDir dir = Make<FinalizerTempDir>();
  MakeDirectory(dir.path() / "sub");
  MakeFile(dir.path() / "sub" / "a");
  boost::system::error_code error;
  rename(dir.path() / "sub" / "a", dir.path() / "b", error);
  Cell(!error && file_size(dir.path() / "b", error) == 7 && !error
           ? "OK"
           : error.message());
}

void Remove() {
  FinalizerTempDir dir = Make<FinalizerTempDir>();
  MakeFile(dir.path() / "file");
  const absl::Status status = dir.Remove();
  Cell(absl::StrCat(status.ok() ? "OK" : status.ToString(), Left()));
}

// Makes one with a file and never destroys it.
void Leave() { MakeFile(Abandon(Make<FinalizerTempDir>())->path() / "file"); }

void Exit() {
  const Ended ended = RunForked([] {
    Leave();
    exit(0);
  });
  Cell(absl::StrCat(ended.output, "removed", Left()));
}

std::string ReapOnce(const tempdir::ReapOptions& options) {
  const auto report = tempdir::Reap(kParent, options);
  if (!report.ok()) return std::string(report.status().message());
  std::vector<std::string> outcomes;
  for (const tempdir::ReapedRoot& root : report->roots) {
    outcomes.emplace_back(tempdir::ReapOutcomeName(root.outcome));
  }
  return absl::StrJoin(outcomes, ", ");
}

void Reap() {
  RunForked([] {
    Leave();
    finalize_test::SendSignal(getpid(), SIGKILL);
  });
  std::string cell = ReapOnce({});
  if (!Left().empty()) {
    tempdir::ReapOptions anywhere;
    anywhere.any_file_system = true;
    absl::StrAppend(&cell, "; with any_file_system: ", ReapOnce(anywhere));
  }
  Cell(cell + Left());
}

void Crash() {
  const Ended ended = RunForked([] {
    finalize::ExitHooks hooks;
    hooks.crash = true;
    Need(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
    Leave();
    raise(SIGSEGV);
  });
  Cell(absl::StrCat(ended.output,
                    ended.signal == SIGSEGV ? "removed" : "no crash", Left()));
}

// --- the rows: each prepares kParent, and is the user who makes temp dirs ---

void Owned(mode_t mode, gid_t group) {
  Need(chown(kParent, 0, group) == 0 && chmod(kParent, mode) == 0, kParent);
}

constexpr gid_t kGroup = 4242;
void BecomeMember() {
  const gid_t groups[] = {kGroup};
  Need(setgroups(1, groups) == 0 && setresgid(kNobody, kNobody, kNobody) == 0 &&
           setresuid(kNobody, kNobody, kNobody) == 0,
       "another user");
}

void Image(const std::string& make, const std::string& options) {
  Command("truncate -s 400M /tmp/image && " + make + " /tmp/image");
  Command("mount -o loop" + options + " /tmp/image " + kParent);
}

void BelowFuse(const std::string& command) {
  Command("mkdir /tmp/below /tmp/work && chmod 1777 /tmp/below");
  Command(command);
}
void Bindfs(const std::string& options) {
  BelowFuse(absl::StrCat("bindfs ", options, " /tmp/below ", kParent));
}

void Overlay() {
  Command("mkdir /tmp/lower /tmp/upper /tmp/work");
  Need(mount("overlay", kParent, "overlay", 0,
             "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work") == 0,
       "overlay");
}

void Refuse(const std::vector<int>& calls, int error) {
  const std::string said = RefuseCalls(calls, error);
  if (!said.empty()) Unavailable(said);
}
const std::vector<int> kCallsOfMounts = {kOpenat2Call, SYS_statx,
                                         SYS_name_to_handle_at};

void BecomeRootOfANamespace() {
  BecomeSomeUser();
  Need(finalize_test::BecomeRootOfANamespace(), "a user namespace");
}

struct Situation {
  const char* name;
  std::function<void()> enter;
};

const std::vector<Situation>& Situations() {
  static const auto* const kSituations = new std::vector<Situation>{
      {"tmpfs, root", [] {}},
      {"tmpfs, sticky, a user", [] { BecomeNobody(); }},
      {"the disk of /var/tmp",
       [] {
         Command(absl::StrCat("mkdir -p ", kOnDisk));
         Command(absl::StrCat("mount --bind ", kOnDisk, " ", kParent));
       }},
      {"xfs", [] { Image("mkfs.xfs -q", ""); }},
      {"btrfs", [] { Image("mkfs.btrfs -q", ""); }},
      {"vfat, umask 000", [] { Image("mkfs.vfat", ",umask=000"); }},
      {"emptyDir (0777), a user",
       [] {
         Owned(0777, 0);
         BecomeMember();
       }},
      {"fsGroup (02775), a user",
       [] {
         Owned(02775, kGroup);
         BecomeMember();
       }},
      {"group scratch (02770), a user",
       [] {
         Owned(02770, kGroup);
         BecomeMember();
       }},
      {"a rootless user namespace", [] { BecomeRootOfANamespace(); }},
      {"overlayfs", [] { Overlay(); }},
      {"overlayfs without file handles",
       [] {
         Overlay();
         Refuse({SYS_name_to_handle_at}, EPERM);
       }},
      {"a container without openat2 (EPERM)",
       [] { Refuse({kOpenat2Call}, EPERM); }},
      {"an old kernel: no openat2, statx, handles",
       [] { Refuse(kCallsOfMounts, ENOSYS); }},
      {"the same, without /proc",
       [] {
         HideProc();
         Refuse(kCallsOfMounts, ENOSYS);
       }},
      {"the same, with FINALIZE_COMPARE_DEVICES=1",
       [] {
         setenv("FINALIZE_COMPARE_DEVICES", "1", 1);
         HideProc();
         Refuse(kCallsOfMounts, ENOSYS);
       }},
      {"no getrandom", [] { Refuse({SYS_getrandom}, ENOSYS); }},
      {"no renameat2", [] { Refuse({SYS_renameat2}, ENOSYS); }},
      {"a container without renameat2 (EPERM)",
       [] { Refuse({SYS_renameat2}, EPERM); }},
      {"madvise that does nothing", [] { Refuse({SYS_madvise}, 0); }},
      {"bindfs", [] { Bindfs(""); }},
      {"bindfs, another owner is shown", [] { Bindfs("--force-user=1234"); }},
      {"bindfs, chmod is refused", [] { Bindfs("-p 0777 --chmod-deny"); }},
      {"bindfs, chmod is ignored", [] { Bindfs("-p 0777 --chmod-ignore"); }},
      {"unionfs-fuse",
       [] {
         BelowFuse(absl::StrCat("unionfs -o cow /tmp/below=RW ", kParent));
       }},
      {"fuse-overlayfs",
       [] {
         BelowFuse(
             absl::StrCat("mkdir /tmp/lower && fuse-overlayfs -o "
                          "lowerdir=/tmp/lower,upperdir=/tmp/below,"
                          "workdir=/tmp/work ",
                          kParent));
       }},
  };
  return *kSituations;
}

// Also takes away what the cell before it left.
std::string CellOf(void (*column)()) {
  const Ended ended = RunForked(column);
  for (const std::string& name : Entries(kParent)) {
    boost::system::error_code error;
    remove_all(path(kParent) / name, error);
  }
  if (ended.signal == 0 && ended.exit_code == 0) return ended.output;
  return absl::StrCat(ended.output, " (ended by ", ended.signal, ")");
}

void Row(const Situation& situation) {
  MountMemory("/tmp");
  Need(mkdir(kParent, 01777) == 0 && chmod(kParent, 01777) == 0, kParent);
  setenv("TMPDIR", kParent, 1);
  setenv("FINALIZE_REAP", "0", 1);
  situation.enter();
  std::vector<std::string> cells;
  for (void (*const column)() : {Create, Use, Remove, Exit, Reap, Crash}) {
    cells.push_back(CellOf(column));
  }
  printf("%s", absl::StrJoin(cells, " | ").c_str());
}

}  // namespace

int main() {
  if (geteuid() != 0) {
    fprintf(stderr, "situations: run it as root, since it mounts\n");
    return 1;
  }
  // The cells say it.
  finalize::SetFailureReporter([](const finalize::ReportEntry&) {});
  printf(
      "| situation | create | use | remove | exit | reap after SIGKILL | crash "
      "|\n|---|---|---|---|---|---|---|\n");
  for (const Situation& situation : Situations()) {
    const Ended ended = RunForked([&] { Row(situation); });
    printf("| %s | %s |\n", situation.name, ended.output.c_str());
  }
  rmdir(kOnDisk);
}
