// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/owned/owned_entry.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/owned/direct_directory.h"
#include "tempdir/internal/owned/lost_directory.h"
#include "tempdir/internal/owned/refusal.h"
#include "tempdir/internal/remove/remove_tree_at.h"
#include "tempdir/internal/root/private_directory.h"
#include "tempdir/internal/system/compared_devices.h"
#include "tempdir/internal/system/exit_patience.h"
#include "tempdir/internal/system/random_name.h"
#include "tempdir/remove_tree_options.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

bool KeepsAll() {
  const char* const value = secure_getenv(kKeepVariable);
  return value != nullptr && *value != '\0' && strcmp(value, "0") != 0;
}

// Whether others may rename what is created in it.
bool AmongOthers(const ProcessRoot& root) {
  return root.home() == ProcessRoot::Home::kParent ? !root.guarantees().path
                                                   : !root.guarantees().mode;
}

}  // namespace

OwnedEntry::OwnedEntry(tempdir::TempDirOptions options)
    : options_(std::move(options)), keep_always_(KeepsAll()) {}

absl::Status OwnedEntry::CheckOptions() const {
  return CheckTempDirOptions(options_);
}

absl::Status OwnedEntry::Create(ProcessRoot* root) {
  if (root->path().size() + options_.prefix().size() + kNameLetters +
          options_.suffix().size() + 2 >
      PATH_MAX) {
    return absl::InvalidArgumentError(absl::StrCat(
        "too long a path for a ", kind(), ": ", EscapedText(root->path())));
  }
  guarantees_ = root->guarantees();
  absl::Status status = MakeEntry(*root);
  if (!status.ok()) return status;
  status = CheckMade(*root);
  if (!status.ok()) {
    hold_.reset();
    unlinkat(root->fd(), name_.c_str(), is_file() ? 0 : AT_REMOVEDIR);
    return status;
  }
  root_ = root;
  path_ = absl::StrCat(root->path() == "/" ? "" : root->path(), "/", name_);
  if (hold_ != nullptr) root_->AddHold(hold_);
  return status;
}

absl::Status OwnedEntry::CheckMade(const ProcessRoot& root) const {
  if (!root.PathLeadsHere()) {
    return absl::NotFoundError(absl::StrCat("there is another directory at ",
                                            EscapedText(root.path())));
  }
  if (!options_.require_guarantees() || guarantees_.all()) {
    return absl::OkStatus();
  }
  const char* const missing =
      !guarantees_.path    ? "others may rename what is in it"
      : !guarantees_.mode  ? "its file system does not keep permissions"
      : !guarantees_.owner ? "its file system shows another owner"
                           : "not every process is known to see locks there";
  return absl::FailedPreconditionError(
      absl::StrCat("no ", kind(), " is created in ", EscapedText(root.parent()),
                   ": ", missing));
}

absl::Status OwnedEntry::MakeEntry(const ProcessRoot& root) {
  absl::StatusOr<PrivateDirectory> made =
      options_.direct() && !keep_always_
          ? MakeDirectDirectory(root, options_, &hold_)
          : MakePrivateDirectory(
                root.fd(), {options_.prefix(), options_.suffix(), kNameLetters,
                            options_.mode(), root.path(), &AppendRandomLetters,
                            options_.insists_on_mode(), AmongOthers(root)});
  if (!made.ok()) return made.status();
  name_ = std::move(made->name);
  identity_.emplace(std::move(made->identity));
  Weaken(made->has_mode, made->is_shown_own);
  return absl::OkStatus();
}

absl::Status OwnedEntry::Identify(int root_fd) {
  auto identity = EntryIdentity::Of(root_fd, name_.c_str());
  if (!identity.ok()) return identity.status();
  identity_.emplace(*std::move(identity));
  return absl::OkStatus();
}

bool OwnedEntry::IsEntry(int fd) const { return identity_->Is(fd); }

bool OwnedEntry::IsNamed(const std::string& name) const {
  return identity_->IsAt(root_->fd(), name.c_str());
}

absl::Status OwnedEntry::CheckInPlace(int root_fd) const {
  constexpr int kHeld = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  const int entry = openat(root_fd, name_.c_str(), kHeld);
  const bool is = entry >= 0 && IsEntry(entry);
  if (entry >= 0) close(entry);
  if (is) return absl::OkStatus();
  return NotInPlace(path_.native(), /*replaced=*/entry >= 0);
}

bool OwnedEntry::ReleaseHold() {
  return hold_ == nullptr || root_->ReleaseHold(hold_.get());
}

void OwnedEntry::EnterHold() {
  if (hold_ == nullptr) return;
  root_->EnterHold(hold_.get(), name_, counted_kept_);
}

std::optional<TokenIdentity> OwnedEntry::mark() const {
  return identity_ ? identity_->token() : std::nullopt;
}

void OwnedEntry::UnmarkAt(const char* path) {
  if (hold_ != nullptr) hold_->lock.Unmark();
  if (identity_) identity_->UnmarkAt(path);
}

void OwnedEntry::CountKept(bool live) {
  if (!keep_always_ && !options_.keep_on_failure()) return;
  if (root_ == nullptr || counted_kept_ == live) return;
  counted_kept_ = live;
  const int more = live ? 1 : -1;
  hold_ != nullptr ? hold_->entry.CountKept(more) : root_->CountKept(more);
}

void OwnedEntry::ReleaseRoot() {
  if (root_ == nullptr) return;
  if (hold_ != nullptr) root_->DropHold(hold_.get());
  std::exchange(root_, nullptr)->Release();
}

// An empty directory, the usual case, takes two system calls. The descriptor is
// not checked here: what is not found through it is looked for again.
bool OwnedEntry::RemoveAtOnce() {
  const int fd = root_->fd();
  return identity_->IsAt(fd, name_.c_str()) &&
         unlinkat(fd, name_.c_str(), AT_REMOVEDIR) == 0;
}

absl::Status OwnedEntry::RemoveCompletely() {
  SetLost(false);
  absl::StatusOr<int> fd = root_->Descriptor();
  if (!fd.ok()) return fd.status();
  absl::StatusOr<DirectoryIdentity> identity =
      identity_->FindAt(*fd, name_.c_str());
  if (identity.ok()) return RemoveFound(*fd, *identity);
  const bool replaced = absl::IsFailedPrecondition(identity.status());
  if (!replaced && !absl::IsNotFound(identity.status())) {
    return absl::Status(
        identity.status().code(),
        absl::StrCat("cannot remove ", EscapedText(path_.native()), ": ",
                     identity.status().message()));
  }
  return NotThere(replaced, FindLostDirectory(*fd, *root_, *identity_));
}

absl::Status OwnedEntry::RemoveFound(int root_fd,
                                     const DirectoryIdentity& identity) {
  tempdir::RemoveTreeOptions options;
  options.compare_devices = TempDirsCompareDevices();
  options.writer_timeout = ExitPatience(options.writer_timeout);
  tempdir::RemoveTreeStats stats;
  absl::Status status = RemoveTreeAt(root_fd, name_.c_str(), identity, options,
                                     &stats, path_.native());
  if (!status.ok()) SpendExitPatience(stats.elapsed);
  return status;
}

absl::Status OwnedEntry::NotThere(bool replaced, const std::string& elsewhere) {
  if (!replaced && elsewhere.empty()) return absl::OkStatus();
  SetLost(true);
  std::string message;
  if (replaced) {
    absl::StrAppend(&message, "there is another entry at ",
                    EscapedText(path_.native()));
  }
  if (!elsewhere.empty()) {
    absl::StrAppend(
        &message,
        replaced ? absl::StrCat("; the ", kind()) : EscapedText(path_.native()),
        " was moved to ", EscapedText(elsewhere), " and is left there");
  }
  return absl::FailedPreconditionError(message);
}

}  // namespace tempdir_internal
