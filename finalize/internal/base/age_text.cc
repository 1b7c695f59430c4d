#include "finalize/internal/base/age_text.h"

#include <cmath>

#include "absl/strings/str_format.h"

namespace finalize_internal {

std::string AgeText(absl::Duration age) {
  const double seconds = absl::ToDoubleSeconds(age);
  if (seconds < 0.0995) return absl::StrFormat("%.0fms", seconds * 1e3);
  if (seconds < 100) return absl::StrFormat("%.1fs", seconds);
  return absl::FormatDuration(absl::Seconds(std::llround(seconds)));
}

}  // namespace finalize_internal
