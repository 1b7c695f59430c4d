// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/reap/failure_trim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/identity/directory_identity.h"
#include "tempdir/internal/marks/failure_mark.h"
#include "tempdir/internal/marks/keep_mark.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/remove/remove_tree_at.h"
#include "tempdir/internal/root/directory_lock.h"
#include "tempdir/internal/system/compared_devices.h"
#include "tempdir/remove_tree_options.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;
using tempdir::KeptFailure;
using tempdir::ReapedRoot;
using tempdir::ReapOutcome;

constexpr int kReadable = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string PathIn(const std::string& parent, const std::string& name) {
  return absl::StrCat(parent == "/" ? "" : parent, "/", name);
}

absl::StatusOr<std::vector<std::string>> NamesIn(int fd,
                                                 const std::string& path) {
  const int own = openat(fd, ".", kReadable);
  DIR* const entries = own < 0 ? nullptr : fdopendir(own);
  if (entries == nullptr) {
    const int error = errno;
    if (own >= 0) close(own);
    return absl::ErrnoToStatus(error,
                               absl::StrCat("cannot read ", EscapedText(path)));
  }
  std::vector<std::string> names;
  while (const dirent* const entry = readdir(entries)) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
      names.push_back(entry->d_name);
    }
  }
  closedir(entries);
  return names;
}

// A kept failure that is open while its object lives.
class OpenFailure {
 public:
  OpenFailure(int parent_fd, std::string name)
      : parent_fd_(parent_fd), name_(std::move(name)) {
    fd_ = openat(parent_fd, name_.c_str(), kReadable);
    struct stat seen;
    if (fd_ >= 0 && fstat(fd_, &seen) == 0 && seen.st_uid == geteuid()) {
      mark_ = FailureMarkOf(fd_, geteuid());
    }
  }
  ~OpenFailure() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFailure(const OpenFailure&) = delete;
  OpenFailure& operator=(const OpenFailure&) = delete;

  const std::optional<FailureMark>& mark() const { return mark_; }

  // Returns false if another process holds the lock for longer than Probe
  // does. The destructor releases it.
  bool Lock() const;
  // The same, but releases the lock at once, so that it keeps no other process
  // from listing or trimming. (A shared lock would not tell whether others hold
  // one.)
  bool Probe() const;

  // For a holder of the lock: whether it is still the same marked directory.
  bool IsThere() const {
    return NameMeans(parent_fd_, name_.c_str(), fd_) &&
           FailureMarkOf(fd_, geteuid()).has_value();
  }

  // Removes its contents, or counts them.
  absl::Status Empty(const std::string& path, bool dry_run, uint64_t* entries,
                     uint64_t* bytes) const;
  // For a directory that is empty except for its mark.
  absl::Status Remove(const std::string& path) const;

 private:
  const int parent_fd_;
  const std::string name_;
  int fd_ = -1;
  std::optional<FailureMark> mark_;
};

bool OpenFailure::Lock() const {
  constexpr int kTries = 10;
  constexpr absl::Duration kPause = absl::Milliseconds(1);
  for (int tries = 1; flock(fd_, LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (errno != EWOULDBLOCK || tries == kTries) return false;
    absl::SleepFor(kPause);
  }
  return true;
}

bool OpenFailure::Probe() const { return Lock() && flock(fd_, LOCK_UN) == 0; }

absl::Status EmptyEntry(int fd, const char* name, const std::string& path,
                        bool dry_run, tempdir::RemoveTreeStats* stats) {
  struct stat seen;
  if (fstatat(fd, name, &seen, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? absl::OkStatus()
                           : absl::ErrnoToStatus(errno, EscapedText(path));
  }
  if (!S_ISDIR(seen.st_mode)) {
    if (!dry_run && unlinkat(fd, name, 0) != 0) {
      return absl::ErrnoToStatus(errno, EscapedText(path));
    }
    stats->files = 1;
    stats->bytes = S_ISREG(seen.st_mode) ? seen.st_size : 0;
    return absl::OkStatus();
  }
  const int held =
      openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (held < 0) return absl::ErrnoToStatus(errno, EscapedText(path));
  const auto identity = DirectoryIdentity::Of(held);
  close(held);
  if (!identity.ok()) return identity.status();
  tempdir::RemoveTreeOptions options;
  options.dry_run = dry_run;
  options.count_bytes = true;
  options.compare_devices = TempDirsCompareDevices();
  return RemoveTreeAt(fd, name, *identity, options, stats, path);
}

absl::Status OpenFailure::Empty(const std::string& path, bool dry_run,
                                uint64_t* entries, uint64_t* bytes) const {
  const auto names = NamesIn(fd_, path);
  if (!names.ok()) return names.status();
  absl::Status first;
  for (const std::string& name : *names) {
    if (name == kKeepMark) continue;
    tempdir::RemoveTreeStats stats;
    first.Update(
        EmptyEntry(fd_, name.c_str(), PathIn(path, name), dry_run, &stats));
    *entries += stats.entries();
    *bytes += stats.bytes;
  }
  return first;
}

absl::Status OpenFailure::Remove(const std::string& path) const {
  if (unlinkat(fd_, kKeepMark, 0) == 0 &&
      unlinkat(parent_fd_, name_.c_str(), AT_REMOVEDIR) == 0) {
    return absl::OkStatus();
  }
  return absl::ErrnoToStatus(errno,
                             absl::StrCat("cannot remove ", EscapedText(path)));
}

ReapedRoot Trim(int parent_fd, const std::string& parent,
                const std::string& name, bool dry_run) {
  ReapedRoot root;
  root.path = PathIn(parent, name);
  const OpenFailure failure(parent_fd, name);
  if (!failure.mark()) {
    root.outcome = ReapOutcome::kGone;
  } else if (!(dry_run ? failure.Probe() : failure.Lock())) {
    root.outcome = ReapOutcome::kInUse;
  } else if (!failure.IsThere()) {
    root.outcome = ReapOutcome::kGone;
  } else {
    root.status = failure.Empty(root.path, dry_run, &root.entries, &root.bytes);
    if (root.status.ok() && !dry_run) root.status = failure.Remove(root.path);
    root.outcome = !root.status.ok() ? ReapOutcome::kFailed
                   : dry_run         ? ReapOutcome::kRemovable
                                     : ReapOutcome::kRemoved;
  }
  return root;
}

struct Found {
  std::string name;
  FailureMark mark;
};

// Newest first.
absl::StatusOr<std::vector<Found>> FindFailures(int parent_fd,
                                                const std::string& parent) {
  const auto names = NamesIn(parent_fd, parent);
  if (!names.ok()) return names.status();
  std::vector<Found> found;
  for (const std::string& name : *names) {
    if (!ParseRootName(name)) continue;
    const OpenFailure failure(parent_fd, name);
    if (failure.mark()) found.push_back({name, *failure.mark()});
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.mark.kept_at > b.mark.kept_at;
  });
  return found;
}

}  // namespace

absl::StatusOr<std::vector<KeptFailure>> ListFailures(
    int parent_fd, const std::string& parent) {
  auto found = FindFailures(parent_fd, parent);
  if (!found.ok()) return found.status();
  std::vector<KeptFailure> failures;
  for (const Found& one : *found) {
    const OpenFailure failure(parent_fd, one.name);
    KeptFailure kept;
    kept.path = PathIn(parent, one.name);
    kept.kept_at = one.mark.kept_at;
    kept.prefix = one.mark.prefix;
    kept.in_use = !failure.Probe();
    // What cannot be read is not counted.
    failure.Empty(kept.path, /*dry_run=*/true, &kept.entries, &kept.bytes)
        .IgnoreError();
    failures.push_back(std::move(kept));
  }
  return failures;
}

absl::StatusOr<tempdir::ReapReport> TrimFailures(
    int parent_fd, const std::string& parent,
    const tempdir::TrimOptions& options) {
  const absl::Time started = absl::Now();
  tempdir::ReapReport report;
  report.parent = parent;
  auto found = FindFailures(parent_fd, parent);
  if (!found.ok()) return found.status();
  size_t kept = 0;
  for (const Found& one : *found) {
    if (options.prefix && one.mark.prefix != *options.prefix) continue;
    if (++kept <= options.keep_last) continue;
    if (one.mark.kept_at > started - options.older_than) continue;
    report.roots.push_back(Trim(parent_fd, parent, one.name, options.dry_run));
  }
  report.elapsed = absl::Now() - started;
  return report;
}

}  // namespace tempdir_internal
