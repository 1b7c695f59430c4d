// SPDX-License-Identifier: Apache-2.0

// The rules of systemd-tmpfiles (tmpfiles.d(5)), as far as they age files.
#ifndef EXAMPLES_COMPARE_DOCTOR_TMPFILES_RULES_H_
#define EXAMPLES_COMPARE_DOCTOR_TMPFILES_RULES_H_

#include <string>

#include "examples/compare/doctor/system_files.h"

namespace compare {

// The line by which files in the directory `parent` are removed by age, of the
// configuration of `system`; "" if there is none, or if another line
// excludes the roots of temp dirs. Specifiers (%h) are not expanded, except for
// %T and %V.
std::string AgingRule(SystemFiles* system, const std::string& parent);

// Whether systemd is what started the system, so that its timers run.
bool SystemdRuns(const SystemFiles& system);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_TMPFILES_RULES_H_
