// SPDX-License-Identifier: Apache-2.0

// What holds in the directory in which temp dirs are created.
#ifndef EXAMPLES_COMPARE_DOCTOR_PLACE_H_
#define EXAMPLES_COMPARE_DOCTOR_PLACE_H_

#include <vector>

#include "examples/compare/doctor/finding.h"

namespace compare {

// Creates temp dirs where the environment says, looks at them, and removes
// them. If none can be created, the only finding says why.
std::vector<Finding> ExaminePlace();

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_PLACE_H_
