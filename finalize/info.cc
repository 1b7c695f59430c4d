#include "finalize/info.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "finalize/internal/what_text.h"

namespace finalize {
namespace {

// `3.1s`, `250ms`: two or three digits are enough for an age.
std::string AgeText(double seconds) {
  if (seconds < 0.0995) return absl::StrFormat("%.0fms", seconds * 1e3);
  if (seconds < 100) return absl::StrFormat("%.1fs", seconds);
  return absl::FormatDuration(absl::Seconds(std::llround(seconds)));
}

}  // namespace

std::string Info::ToString() const {
  return absl::StrCat("#", number, " phase ", phase, " +", AgeText(age),
                      finalize_internal::WhatText(place, name, callback));
}

}  // namespace finalize
