// SPDX-License-Identifier: Apache-2.0

// What the columns with a reaper have in common.
#ifndef EXAMPLES_COMPARE_SUBJECT_REAPER_H_
#define EXAMPLES_COMPARE_SUBJECT_REAPER_H_

#include <string>

namespace compare {

// When they remove what a process left.
inline constexpr char kByReaperProcess[] = "by the reaper process";
inline constexpr char kAtNextStart[] = "at the next start";

// Returns when no process is left that reaps in `parent` (as it was named to
// it) at another one's end.
void AwaitReaperProcess(const std::string& parent);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SUBJECT_REAPER_H_
