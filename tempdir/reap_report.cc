// SPDX-License-Identifier: Apache-2.0

#include "tempdir/reap_report.h"

#include <algorithm>

namespace tempdir {

size_t ReapReport::Count(ReapOutcome outcome) const {
  return std::count_if(
      roots.begin(), roots.end(),
      [outcome](const ReapedRoot& root) { return root.outcome == outcome; });
}

const char* ReapOutcomeName(ReapOutcome outcome) {
  switch (outcome) {
    case ReapOutcome::kRemoved:
      return "removed";
    case ReapOutcome::kRemovable:
      return "removable";
    case ReapOutcome::kUnseen:
      return "maybe in use";
    case ReapOutcome::kInUse:
      return "in use";
    case ReapOutcome::kTaken:
      return "taken";
    case ReapOutcome::kKept:
      return "kept";
    case ReapOutcome::kGone:
      return "gone";
    case ReapOutcome::kRefused:
      return "refused";
    case ReapOutcome::kUnfinished:
      return "unfinished";
    case ReapOutcome::kFailed:
      return "failed";
  }
  return "unknown";
}

}  // namespace tempdir
