// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/owned/keep_entry.h"

#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/owned/failure_directory.h"
#include "tempdir/internal/owned/kept_directory.h"
#include "tempdir/internal/owned/refusal.h"
#include "tempdir/internal/system/move_entry.h"
#include "tempdir/kept_failures.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

MovedEntry FromRoot(const OwnedEntry& entry, int root_fd) {
  return {root_fd, entry.name(), entry.path().native(), entry.is_file()};
}

KeepRequest::Location LocationOf(const OwnedEntry& entry) {
  if (entry.keep_always()) return KeepRequest::Location::kAlreadyInPlace;
  if (entry.options().direct()) return KeepRequest::Location::kDirectInParent;
  return KeepRequest::Location::kRoot;
}

absl::Status Exchange(OwnedEntry& entry, int root_fd,
                      const Destination& destination) {
  if (entry.has_hold()) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot exchange a direct temp dir: ",
                     EscapedText(entry.path().native())));
  }
  const MovedEntry moved = FromRoot(entry, root_fd);
  absl::Status status = destination.Exchange(moved);
  if (!status.ok()) return status;
  const std::optional<TokenIdentity> mark = entry.mark();
  status = entry.Identify(root_fd);
  if (!status.ok()) {
    destination.Exchange(moved).IgnoreError();
    return status;
  }
  if (mark) mark->ClearAt(destination.path().c_str());
  return status;
}

absl::StatusOr<std::string> MoveToFailures(OwnedEntry& entry, int root_fd) {
  // So that a crash does not remove it.
  if (!entry.ReleaseHold()) return Crashing(entry.path().native());
  const tempdir::TempDirOptions& options = entry.options();
  const ProcessRoot& root = entry.root();
  absl::StatusOr<std::string> kept = MoveFailure(
      {FromRoot(entry, root_fd),
       root.home() == ProcessRoot::Home::kRoot ? ".." : ".", root.parent(),
       options.prefix(), options.suffix(), options.mode()});
  if (!kept.ok()) entry.EnterHold();
  return kept;
}

void TrimFailuresLike(const OwnedEntry& entry) {
  if (entry.options().keep_last() == 0) return;
  tempdir::TrimOptions options;
  options.keep_last = entry.options().keep_last();
  options.prefix = entry.options().prefix();
  // The next failure trims what could not be trimmed now.
  tempdir::TrimKeptFailures(entry.root().parent(), options).IgnoreError();
}

}  // namespace

absl::StatusOr<std::string> KeepEntry(OwnedEntry& entry) {
  absl::StatusOr<int> fd = entry.root().Descriptor();
  if (!fd.ok()) return fd.status();
  // So that a crash does not remove it, even if it cannot be moved.
  if (!entry.ReleaseHold()) return Crashing(entry.path().native());
  const tempdir::TempDirOptions& options = entry.options();
  absl::StatusOr<std::string> kept = MoveOutOfReach(
      {*fd, entry.name(), entry.path().native(), entry.root().parent(),
       options.prefix(), options.suffix(), LocationOf(entry), entry.is_file()},
      [&entry](int opened) { return entry.IsEntry(opened); });
  if (!kept.ok()) {
    entry.EnterHold();
    return kept;
  }
  entry.UnmarkAt(kept->c_str());
  return kept;
}

absl::StatusOr<std::string> KeepFailedEntry(OwnedEntry& entry) {
  absl::StatusOr<int> fd = entry.root().Descriptor();
  if (!fd.ok()) return fd.status();
  if (absl::Status there = entry.CheckInPlace(*fd); !there.ok()) return there;
  absl::StatusOr<std::string> kept = MoveToFailures(entry, *fd);
  if (!kept.ok()) return KeepEntry(entry);
  entry.UnmarkAt(kept->c_str());
  TrimFailuresLike(entry);
  return kept;
}

// What is at the destination may change meanwhile: then a step fails.
absl::StatusOr<bool> PublishEntry(OwnedEntry& entry,
                                  const Destination& destination,
                                  tempdir::IfExists if_exists) {
  absl::StatusOr<int> fd = entry.root().Descriptor();
  if (!fd.ok()) return fd.status();
  if (absl::Status there = entry.CheckInPlace(*fd); !there.ok()) return there;
  if (if_exists == tempdir::IfExists::kExchange) {
    absl::Status status = Exchange(entry, *fd, destination);
    if (status.ok()) return false;
    if (!absl::IsNotFound(status)) return status;
  }
  // So that a crash does not remove it.
  if (!entry.ReleaseHold()) return Crashing(entry.path().native());
  absl::Status status = destination.Receive(FromRoot(entry, *fd));
  if (!status.ok()) {
    entry.EnterHold();
    return status;
  }
  entry.UnmarkAt(destination.path().c_str());
  return true;
}

void PrintKept(const OwnedEntry& entry, std::string_view path,
               std::string_view why) {
  const std::string line =
      absl::StrCat("finalize: kept the ", entry.kind(), " ", EscapedText(path),
                   " (", absl::string_view(why.data(), why.size()), ")\n");
  // Nothing better can be done if standard error is closed.
  (void)!write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tempdir_internal
