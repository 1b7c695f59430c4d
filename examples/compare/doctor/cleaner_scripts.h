// SPDX-License-Identifier: Apache-2.0

// The daily jobs of tmpreaper and tmpwatch.
#ifndef EXAMPLES_COMPARE_DOCTOR_CLEANER_SCRIPTS_H_
#define EXAMPLES_COMPARE_DOCTOR_CLEANER_SCRIPTS_H_

#include <string>

#include "examples/compare/doctor/system_files.h"

namespace compare {

// Which of those of `system` removes old files from the directory `parent`:
// "tmpreaper"; "" if none does.
std::string CleanerScript(SystemFiles* system, const std::string& parent);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_CLEANER_SCRIPTS_H_
