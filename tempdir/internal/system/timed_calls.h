// SPDX-License-Identifier: Apache-2.0

// TimeLimit: bounds what a removal on this thread may take.
//
//   TimeLimit limit(absl::Seconds(10));
//   RemoveTreeAtWith(TimedCalls(), ...);  // fails with ECANCELED from then on
//
// The calls that a removal makes for each entry fail once the limit of their
// thread has passed, so that it ends soon, with what it has not done in its
// errors. A removal under one works on one thread alone.

#ifndef TEMPDIR_INTERNAL_SYSTEM_TIMED_CALLS_H_
#define TEMPDIR_INTERNAL_SYSTEM_TIMED_CALLS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "tempdir/internal/system/system_calls.h"

namespace tempdir_internal {

// The kernel's calls, for removals on a thread that has a TimeLimit.
const SystemCalls& TimedCalls();

// Whether the limit of this thread, if it has one, has passed.
bool TimeIsUp();

// Confined to the thread that makes it.
class TimeLimit {
 public:
  explicit TimeLimit(absl::Duration limit);
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

  bool passed() const { return TimeIsUp(); }

 private:
  const int64_t before_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_TIMED_CALLS_H_
