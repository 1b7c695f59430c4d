// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/owned/refusal.h"

#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"

namespace tempdir_internal {

using finalize::EscapedText;

const tempdir::Path& NoPath() {
  static const auto* const path = new tempdir::Path;
  return *path;
}

absl::Status MovedFrom() {
  return absl::FailedPreconditionError(
      "owns no temporary directory: it was moved from");
}

absl::Status NotOurs(std::string_view path) {
  return absl::FailedPreconditionError(absl::StrCat(
      "belongs to the process that created it: ", EscapedText(path)));
}

absl::Status Crashing(std::string_view what) {
  return absl::CancelledError(
      absl::StrCat("the process crashed: ", EscapedText(what)));
}

absl::Status CaughtByFork(std::string_view what) {
  return absl::FailedPreconditionError(
      absl::StrCat("another thread was using it when this process was "
                   "forked: ",
                   EscapedText(what)));
}

absl::Status NeverMade(const char* kind) {
  return absl::FailedPreconditionError(
      absl::StrCat("no ", kind, " was created"));
}

absl::Status WasKept(std::string_view path) {
  return absl::FailedPreconditionError(
      absl::StrCat("was kept: ", EscapedText(path)));
}

absl::Status WasRemoved(std::string_view path) {
  return absl::FailedPreconditionError(
      absl::StrCat("was removed: ", EscapedText(path)));
}

absl::Status NotInPlace(std::string_view path, bool replaced) {
  return absl::FailedPreconditionError(
      replaced ? absl::StrCat("there is another entry at ", EscapedText(path))
               : absl::StrCat(EscapedText(path), " does not exist any longer"));
}

}  // namespace tempdir_internal
