// SPDX-License-Identifier: Apache-2.0

// What holds for processes: their forks, their exit(), their /proc, their user.
#ifndef EXAMPLES_COMPARE_DOCTOR_PROCESS_H_
#define EXAMPLES_COMPARE_DOCTOR_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "examples/compare/doctor/finding.h"

namespace compare {

// Forks once.
std::vector<Finding> ExamineProcess();

// For a C library that calls itself `library` ("glibc 2.41"; "" if it has no
// name), where /proc/self/task can or cannot be read.
Finding ExitLock(const std::string& library, bool reads_tasks);

// For the user `user` of a process with this text in /proc/self/uid_map
// (nothing: it cannot be read), where `overflow` is the user that stands for
// all that are not mapped.
Finding UserNamespace(uid_t user, const std::optional<std::string>& map,
                      uid_t overflow);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_PROCESS_H_
