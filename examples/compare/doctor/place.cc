// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "examples/compare/doctor/mounts.h"
#include "examples/compare/doctor/path.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/temp_dir_guarantees.h"
#include "tempdir/temp_dir_options.h"

namespace compare {
namespace {

using tempdir::FinalizerTempDir;
using tempdir::TempDirGuarantees;

absl::StatusOr<FinalizerTempDir> Create() {
  return FinalizerTempDir::Create(
      tempdir::TempDirOptions().set_prefix("doctor-"));
}

int OpenDirectory(const std::string& path) {
  return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

std::string CreationAdvice(const std::string& failure) {
  if (failure.find(strerror(EMFILE)) != std::string::npos) {
    return "raise the limit of open files (`ulimit -n`)";
  }
  return "set TMPDIR to the absolute path of a directory in which you may "
         "write, and which is not full";
}

Finding Creation(const absl::Status& status) {
  Finding finding;
  finding.name = "temp dirs";
  if (status.ok()) {
    finding.found = "they can be created and removed";
    finding.meaning = "the library works here";
    return finding;
  }
  finding.verdict = Verdict::kFails;
  finding.found = std::string(status.message());
  finding.meaning = "the library does not work here";
  finding.advice = CreationAdvice(finding.found);
  return finding;
}

Finding Owner(const std::string& directory,
              const TempDirGuarantees& guarantees) {
  Finding finding;
  finding.name = "owner and mode";
  finding.found = absl::StrCat("a new temp dir ", OwnerAndMode(directory));
  if (guarantees.owner && guarantees.mode) {
    finding.meaning = "nobody else can read or change what is in a temp dir";
    return finding;
  }
  finding.verdict = Verdict::kWeaker;
  finding.meaning = absl::StrCat(
      guarantees.owner ? ""
                       : "the file system shows another owner than you: "
                         "reapers may refuse what a killed process left",
      guarantees.owner || guarantees.mode ? "" : ". And ",
      guarantees.mode ? ""
                      : "the file system does not keep permissions: others may "
                        "be able to enter temp dirs");
  finding.advice =
      "put no secrets there; set TMPDIR to a local file system (ext4, xfs, "
      "btrfs, tmpfs)";
  return finding;
}

// Why a second process would not see a lock of the first one; "" if it would.
std::string LockProblem(const std::string& directory) {
  const int mine = OpenDirectory(directory);
  const int other = OpenDirectory(directory);
  std::string problem;
  if (flock(mine, LOCK_SH | LOCK_NB) != 0) {
    problem = absl::StrCat(
        "directories cannot be locked (flock: ", strerror(errno), ")");
  } else if (flock(other, LOCK_EX | LOCK_NB) == 0) {
    problem = "a directory can be locked (flock) by two at once";
  }
  close(mine);
  close(other);
  return problem;
}

Finding Locks(const std::string& directory,
              const TempDirGuarantees& guarantees) {
  Finding finding;
  finding.name = "locks";
  const std::string problem = LockProblem(directory);
  finding.found = absl::StrCat(
      problem.empty()
          ? "a lock (flock) on a directory is seen by other processes here"
          : problem,
      ", on ", FileSystemName(directory));
  if (guarantees.lock && problem.empty()) {
    finding.meaning =
        "a reaper sees whether the owner of a temp dir is alive, and removes "
        "what killed processes left";
    return finding;
  }
  finding.verdict = Verdict::kWeaker;
  if (!guarantees.lock) {
    absl::StrAppend(&finding.found,
                    ", which may not show locks to other machines or "
                    "containers that mount it");
  }
  finding.meaning =
      "temp dirs of processes that end normally are removed. What a killed "
      "process leaves stays: nothing removes it by itself, because its owner "
      "might be alive elsewhere";
  finding.advice =
      "set TMPDIR to a local file system; or run `finalize-reap "
      "--unseen_locks` there while nothing else uses the directory "
      "(tempdir/reaper.md)";
  return finding;
}

int OpenDescriptors() {
  const long limit = sysconf(_SC_OPEN_MAX);
  int count = 0;
  for (int fd = 0; fd < limit && fd < 4096; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) ++count;
  }
  return count;
}

// How the library recognizes `directory`. It was created when its root was
// there already, and so took `descriptors` for itself.
Finding Identity(const std::string& directory, int descriptors) {
  Finding finding;
  finding.name = "identity";
  const std::string refused = FileHandleError(directory);
  if (descriptors > 0) {
    finding.verdict = Verdict::kWeaker;
    finding.found =
        refused.empty()
            ? std::string(
                  "the kernel forgets the file handles of this file "
                  "system (FUSE)")
            : absl::StrCat("no file handles (name_to_handle_at: ", refused,
                           "), and no extended attribute can be set");
    finding.meaning =
        "the library holds each temp dir open, to be sure that it removes "
        "that one and no other: one descriptor for each";
    finding.advice =
        "raise the limit (`ulimit -n`) if a process has hundreds of temp dirs "
        "at once, or set TMPDIR to a local file system";
  } else if (getxattr(directory.c_str(), "user.finalize.dir", nullptr, 0) > 0) {
    finding.found =
        absl::StrCat("no file handles (name_to_handle_at: ", refused,
                     "), but an extended attribute can be set");
    finding.meaning =
        "a temp dir is recognized by a random token that it carries, so that "
        "no other directory is removed in its place";
  } else {
    finding.found = "the kernel gives file handles (name_to_handle_at)";
    finding.meaning =
        "a temp dir is recognized for certain, so that no other directory is "
        "removed in its place";
  }
  return finding;
}

Finding Mounts(const std::string& directory, bool compare_devices) {
  Finding finding;
  finding.name = "mounts";
  const MountQuestions answers = AskForMounts(directory);
  finding.found = answers.words;
  if (answers.any) {
    finding.meaning =
        "what is mounted inside a temp dir is never removed together with it";
    return finding;
  }
  finding.verdict = compare_devices ? Verdict::kWeaker : Verdict::kFails;
  finding.meaning =
      compare_devices
          ? "FINALIZE_COMPARE_DEVICES is set, so temp dirs are removed, and "
            "only devices are compared: a bind mount of the same file system "
            "inside a temp dir may be emptied"
          : "nothing tells a mount from a directory, so the library removes "
            "no directory inside a temp dir: it reports a failure, and the "
            "temp dir stays";
  finding.advice =
      compare_devices
          ? "bind no directory into a temp dir"
          : "mount /proc, or let the container's filter pass openat2 or statx; "
            "if nothing is ever mounted inside temp dirs, set "
            "FINALIZE_COMPARE_DEVICES=1";
  return finding;
}

bool ComparesDevices() {
  const char* const value = getenv("FINALIZE_COMPARE_DEVICES");
  return value != nullptr && *value != '\0' && strcmp(value, "0") != 0;
}

}  // namespace

std::vector<Finding> ExaminePlace() {
  // The first one creates the root, which takes a descriptor in any case.
  absl::StatusOr<FinalizerTempDir> first = Create();
  if (!first.ok()) return {Creation(first.status())};
  const int before = OpenDescriptors();
  absl::StatusOr<FinalizerTempDir> second = Create();
  if (!second.ok()) return {Creation(second.status())};
  const int descriptors = OpenDescriptors() - before;

  const std::string directory = second->path().string();
  const std::string parent =
      second->path().parent_path().parent_path().string();
  const TempDirGuarantees guarantees = second->guarantees();
  std::vector<Finding> findings = {
      Path(parent, guarantees.path), Owner(directory, guarantees),
      Locks(directory, guarantees), Identity(directory, descriptors),
      Mounts(directory, ComparesDevices())};
  absl::Status removed = second->Remove();
  removed.Update(first->Remove());
  findings.insert(findings.begin(), Creation(removed));
  return findings;
}

}  // namespace compare
