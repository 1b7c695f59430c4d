// SPDX-License-Identifier: Apache-2.0

// Who can put something else where a temp dir is.
#ifndef EXAMPLES_COMPARE_DOCTOR_PATH_H_
#define EXAMPLES_COMPARE_DOCTOR_PATH_H_

#include <string>

#include "examples/compare/doctor/finding.h"

namespace compare {

// Of `parent`, an absolute path, and each directory and link on the way to it.
// `guaranteed`: TempDirGuarantees::path, which tells of the parent alone.
Finding Path(const std::string& parent, bool guaranteed);

// "belongs to user 0 and has mode 0755".
std::string OwnerAndMode(const std::string& path);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_PATH_H_
