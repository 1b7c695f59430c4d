// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/pages/debug_pages_words.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "finalize/escaped_text.h"

namespace spool_service {

std::string AgeText(absl::Duration age) {
  if (age < absl::ZeroDuration()) age = absl::ZeroDuration();
  const int64_t ms = absl::ToInt64Milliseconds(age);
  const int64_t s = ms / 1000, m = s / 60, h = m / 60;
  if (ms < 1000) return absl::StrCat(ms, "ms");
  if (s < 60) return absl::StrFormat("%d.%ds", s, ms / 100 % 10);
  if (m < 60) return absl::StrCat(m, "m", s % 60, "s");
  if (h < 24) return absl::StrCat(h, "h", m % 60, "m");
  return absl::StrCat(h / 24, "d", h % 24, "h");
}

std::string PlaceText(const finalize::Place& place) {
  if (place.file == nullptr) return "an unknown place";
  return absl::StrCat(finalize::EscapedText(place.file), ":", place.line);
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

std::string ElapsedText(const finalize::RunningInfo& info) {
  return info.elapsed ? AgeText(*info.elapsed) : "unknown";
}

}  // namespace spool_service
