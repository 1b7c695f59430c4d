// SPDX-License-Identifier: Apache-2.0

#include "finalize/finalizer.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "finalize/internal/base/finalizer_text.h"
#include "finalize/internal/inspect/snapshot.h"
#include "finalize/report.h"

namespace finalize {

std::optional<Info> FinalizerBase::Peek() const {
  std::optional<Info> info;
  finalize_internal::Peek(ref_, &info);
  return info;
}

bool FinalizerBase::Wait(absl::Time deadline) const {
  return finalize_internal::Wait(ref_, absl::ToUnixNanos(deadline));
}

std::string FinalizerBase::ToString() const {
  if (const std::optional<Info> info = Peek()) {
    return absl::StrCat("pending ", info->ToString());
  }
  finalize_internal::RunningEntry entry;
  if (!finalize_internal::DescribeRunning(ref_, &entry)) return "dead";
  return absl::StrCat(
      "running #", entry.number, " phase ", entry.phase,
      finalize_internal::FinalizerText(entry.place, entry.name, ""));
}

}  // namespace finalize
