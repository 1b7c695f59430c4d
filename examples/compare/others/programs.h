// SPDX-License-Identifier: Apache-2.0

// The programs of the other languages, as text. Each plays one scenario:
//
//   PROGRAM COLUMN SCENARIO CONTENT FILTERS
//
// COLUMN and SCENARIO are the names that --columns and --only take. CONTENT is
// a directory, of which each temp dir gets a copy. FILTERS is one with the
// seccomp programs of system_call_filter.h: forbid_unlink and fill_disk. A
// program says before each step what happens next, as in stage.h. It ends with
// status 70 if it cannot play the scenario.
#ifndef EXAMPLES_COMPARE_OTHERS_PROGRAMS_H_
#define EXAMPLES_COMPARE_OTHERS_PROGRAMS_H_

namespace others {

extern const char kGo[];
extern const char kPython[];
extern const char kRust[];

}  // namespace others

#endif  // EXAMPLES_COMPARE_OTHERS_PROGRAMS_H_
