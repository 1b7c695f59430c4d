// SPDX-License-Identifier: Apache-2.0

// Who removes old files from the directory in which temp dirs are created.
#ifndef EXAMPLES_COMPARE_DOCTOR_AGING_H_
#define EXAMPLES_COMPARE_DOCTOR_AGING_H_

#include <string>

#include "examples/compare/doctor/finding.h"

namespace compare {

// Reads the rules of systemd-tmpfiles, tmpreaper and tmpwatch below `system`
// ("" for this machine) for the directory `parent`, an absolute path. `locked`:
// locks of temp dirs are seen there.
//
// Not covered: a cron job or a script that somebody wrote.
Finding ExamineAging(const std::string& system, const std::string& parent,
                     bool locked);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_AGING_H_
