// SPDX-License-Identifier: Apache-2.0

#include "finalize/report.h"

#include "absl/strings/str_cat.h"
#include "finalize/internal/base/escape.h"
#include "finalize/internal/base/finalizer_text.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"

namespace finalize {
namespace {

using finalize_internal::StatusOrBareCode;

const char* OutcomeText(ReportEntry::Outcome outcome, const Cause& cause) {
  switch (outcome) {
    case ReportEntry::Outcome::kRan:
      return "ran";
    case ReportEntry::Outcome::kFailed:
      return "failed";
    case ReportEntry::Outcome::kPendingAgain:
      return cause.IsProcessEnd() ? "failed and left"
                                  : "failed, to be tried again,";
    case ReportEntry::Outcome::kSkipped:
      return "skipped";
    case ReportEntry::Outcome::kUnreached:
      return "left";
    case ReportEntry::Outcome::kRunning:
      return "still running";
    case ReportEntry::Outcome::kRefused:
      return "refused";
  }
  return "unknown";
}

}  // namespace

std::string ReportEntry::ToString() const {
  std::string text = number != 0 ? absl::StrCat("#", number, " phase ", phase)
                                 : absl::StrCat("phase ", phase);
  text += finalize_internal::FinalizerText(place, name, callback);
  absl::StrAppend(&text, " ", OutcomeText(outcome, cause), " on ",
                  cause.ToString());
  if (duration != absl::ZeroDuration()) {
    absl::StrAppend(&text, " after ", absl::FormatDuration(duration));
  }
  if (!status.ok()) {
    text += ": ";
    finalize_internal::AppendPrintable(status.ToString(), &text);
  }
  return text;
}

std::string Info::ToString() const {
  return absl::StrCat("#", number, " phase ", phase, " +",
                      finalize_internal::AgeText(age),
                      finalize_internal::FinalizerText(place, name, callback));
}

// An exit drain calls this even if there is no memory.
absl::Status Report::status() const {
  for (const ReportEntry& entry : entries) {
    if (entry.outcome == ReportEntry::Outcome::kFailed ||
        entry.outcome == ReportEntry::Outcome::kPendingAgain) {
      return entry.status;
    }
  }
  if (failed != 0) {
    return StatusOrBareCode(absl::StatusCode::kUnknown, [this] {
      return absl::StrCat(failed, " callbacks failed");
    });
  }
  if (deadline_exceeded) {
    return StatusOrBareCode(absl::StatusCode::kDeadlineExceeded, [this] {
      return absl::StrCat(left, " finalizers left, ", running,
                          " still running");
    });
  }
  for (const ReportEntry& entry : entries) {
    if (entry.outcome == ReportEntry::Outcome::kUnreached) return entry.status;
  }
  return absl::OkStatus();
}

std::string Report::ToString() const {
  std::string text =
      absl::StrCat("drain on ", cause.ToString(), ": ", ran, " ran, ", failed,
                   " failed, ", left, " left, ", running, " still running");
  if (elapsed != absl::ZeroDuration()) {
    absl::StrAppend(&text, ", in ", absl::FormatDuration(elapsed));
  }
  if (deadline_exceeded) text += ", deadline exceeded";
  for (const ReportEntry& entry : entries) {
    absl::StrAppend(&text, "\n  ", entry.ToString());
  }
  return text;
}

}  // namespace finalize
