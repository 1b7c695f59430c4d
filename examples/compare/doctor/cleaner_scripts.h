// SPDX-License-Identifier: Apache-2.0

// The daily jobs of tmpreaper and tmpwatch.
#ifndef EXAMPLES_COMPARE_DOCTOR_CLEANER_SCRIPTS_H_
#define EXAMPLES_COMPARE_DOCTOR_CLEANER_SCRIPTS_H_

#include <string>

namespace compare {

// Which of them, below `system`, removes old files from the directory `parent`:
// "tmpreaper"; "" if none does.
std::string CleanerScript(const std::string& system, const std::string& parent);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_CLEANER_SCRIPTS_H_
