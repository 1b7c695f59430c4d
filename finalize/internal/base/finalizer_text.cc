// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/base/finalizer_text.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "finalize/internal/base/escape.h"

namespace finalize_internal {

std::string FinalizerText(finalize::Place place, const std::string& name,
                          const std::string& callback) {
  std::string text;
  if (place.file != nullptr) {
    text += ' ';
    AppendEscaped(place.file, &text);
    absl::StrAppend(&text, ":", place.line);
  }
  if (!name.empty()) {
    text += ' ';
    AppendQuoted(name, &text);
  }
  if (!callback.empty()) {
    text += ' ';
    AppendPrintable(callback, &text);
  }
  return text;
}

std::string AgeText(absl::Duration age) {
  const double seconds = absl::ToDoubleSeconds(age);
  if (seconds < 0.0995) return absl::StrFormat("%.0fms", seconds * 1e3);
  if (seconds < 100) return absl::StrFormat("%.1fs", seconds);
  return absl::FormatDuration(absl::Seconds(std::llround(seconds)));
}

}  // namespace finalize_internal
