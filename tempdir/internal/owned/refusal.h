// SPDX-License-Identifier: Apache-2.0

// What a temp dir or a temp file answers to a call that it refuses.

#ifndef TEMPDIR_INTERNAL_OWNED_REFUSAL_H_
#define TEMPDIR_INTERNAL_OWNED_REFUSAL_H_

#include <string_view>

#include "absl/status/status.h"
#include "tempdir/path.h"

namespace tempdir_internal {

// The path of an object that was moved from.
const tempdir::Path& NoPath();
absl::Status MovedFrom();

// This process neither created nor adopted it.
absl::Status NotOurs(std::string_view path);
// The process is crashing.
absl::Status Crashing(std::string_view what);
// The fork of this process caught another thread inside a call on it.
absl::Status CaughtByFork(std::string_view what);
// It has never been there, was kept at `path`, or was removed.
absl::Status NeverMade(const char* kind);
absl::Status WasKept(std::string_view path);
absl::Status WasRemoved(std::string_view path);
// It is not at its path: there is another entry (`replaced`), or none.
absl::Status NotInPlace(std::string_view path, bool replaced);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_REFUSAL_H_
