// SPDX-License-Identifier: Apache-2.0

// How the pages of debug_pages.h write ages, places and times.
#ifndef EXAMPLES_SPOOL_SERVICE_PAGES_DEBUG_PAGES_WORDS_H_
#define EXAMPLES_SPOOL_SERVICE_PAGES_DEBUG_PAGES_WORDS_H_

#include <string>

#include "absl/time/time.h"
#include "finalize/inspect.h"
#include "finalize/report.h"

namespace spool_service {

// `age` for people: 310ms, 3.1s, 2m5s, 3h20m, 5d2h.
std::string AgeText(absl::Duration age);

// "file.cc:12", escaped.
std::string PlaceText(const finalize::Place& place);

// "2026-01-31 23:59:59 UTC"
std::string TimeText(absl::Time time);

// The age of a callback that runs.
std::string ElapsedText(const finalize::RunningInfo& info);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_PAGES_DEBUG_PAGES_WORDS_H_
