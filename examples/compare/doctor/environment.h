// SPDX-License-Identifier: Apache-2.0

// What the variables of the library are set to, and what that does.
#ifndef EXAMPLES_COMPARE_DOCTOR_ENVIRONMENT_H_
#define EXAMPLES_COMPARE_DOCTOR_ENVIRONMENT_H_

#include "examples/compare/doctor/finding.h"

namespace compare {

Finding Environment();

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_ENVIRONMENT_H_
