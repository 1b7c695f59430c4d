// SPDX-License-Identifier: Apache-2.0

// Text that describes a finalizer to people, the same in a dump and in a
// report.
#ifndef FINALIZE_INTERNAL_BASE_FINALIZER_TEXT_H_
#define FINALIZE_INTERNAL_BASE_FINALIZER_TEXT_H_

#include <string>

#include "absl/time/time.h"
#include "finalize/options.h"

namespace finalize_internal {

// Returns ` examples/spool.cc:88 "remove spool" RemoveTree("/tmp/x")`, as far
// as it is known, with a space in front of each part. The text is escaped, and
// is a single line.
std::string FinalizerText(finalize::Place place, const std::string& name,
                          const std::string& callback);

// Returns an age with two or three digits: `3.1s`, `250ms`.
std::string AgeText(absl::Duration age);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_FINALIZER_TEXT_H_
