// SPDX-License-Identifier: Apache-2.0

#include "tempdir/remove_tree.h"

#include "tempdir/internal/remove/remove_tree_at.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/removal_storage.h"

namespace tempdir {

absl::Status RemoveTree(PathArgument root, const RemoveTreeOptions& options,
                        RemoveTreeStats* stats) {
  tempdir_internal::HeapStorage storage;
  return tempdir_internal::RemoveTreeWith(tempdir_internal::kKernelCalls,
                                          storage, root, options, stats);
}

}  // namespace tempdir
