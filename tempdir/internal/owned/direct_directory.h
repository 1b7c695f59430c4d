// SPDX-License-Identifier: Apache-2.0

// MakeDirectDirectory: creates a temp dir that has no root
// (TempDirOptions::set_direct): in the parent itself, with the name,
// the lock and the mark of a root.

#ifndef TEMPDIR_INTERNAL_OWNED_DIRECT_DIRECTORY_H_
#define TEMPDIR_INTERNAL_OWNED_DIRECT_DIRECTORY_H_

#include <memory>

#include "absl/status/statusor.h"
#include "tempdir/internal/root/private_directory.h"
#include "tempdir/internal/root/process_root.h"
#include "tempdir/temp_dir_options.h"

namespace tempdir_internal {

// Creates one in `root`, which is a parent (ProcessRoot::Home::kParent), locks
// and marks it, and sets `*hold`. A reaper may take a directory before it is
// locked; then another one is created. If others may not see the lock, its name
// is one that they leave alone. After a failure nothing is left.
absl::StatusOr<PrivateDirectory> MakeDirectDirectory(
    const ProcessRoot& root, const tempdir::TempDirOptions& options,
    std::shared_ptr<DirectHold>* hold);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_DIRECT_DIRECTORY_H_
