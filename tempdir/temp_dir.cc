// SPDX-License-Identifier: Apache-2.0

#include "tempdir/temp_dir.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tempdir/internal/root/removal_backlog.h"

namespace tempdir {

absl::Status FinishRemovals(absl::Time deadline) {
  const size_t left = tempdir_internal::AwaitRemovals(
      std::max(deadline - absl::Now(), absl::ZeroDuration()));
  if (left == 0) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat(left, " temp dirs are still being removed"));
}

}  // namespace tempdir
