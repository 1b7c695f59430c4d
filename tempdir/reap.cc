// SPDX-License-Identifier: Apache-2.0

#include "tempdir/reap.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "finalize/crash_gate.h"
#include "tempdir/internal/reap/automatic_reap.h"
#include "tempdir/internal/reap/reap_parent.h"
#include "tempdir/internal/root/parent_directory.h"
#include "tempdir/internal/root/process_root.h"

namespace tempdir {

absl::StatusOr<ReapReport> Reap(PathArgument parent,
                                const ReapOptions& options) {
  const absl::StatusOr<std::string> path =
      tempdir_internal::ParentPath(parent.text());
  if (!path.ok()) return path.status();
  const finalize::CrashGate gate;
  if (gate.refused()) {
    return absl::CancelledError("the process crashed: nothing is reaped");
  }
  tempdir_internal::CheckProcessRoots();
  return tempdir_internal::ReapParent(*path, options);
}

void SetAutomaticReap(bool enabled) {
  tempdir_internal::EnableAutomaticReap(enabled);
}

void SetAutomaticReapCallback(AutomaticReapCallback callback) {
  tempdir_internal::TellAutomaticReaps(std::move(callback));
}

}  // namespace tempdir
