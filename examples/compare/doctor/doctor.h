// SPDX-License-Identifier: Apache-2.0

// Examine: what the library relies on, and whether it holds on this machine.
#ifndef EXAMPLES_COMPARE_DOCTOR_DOCTOR_H_
#define EXAMPLES_COMPARE_DOCTOR_DOCTOR_H_

#include <string>
#include <vector>

#include "examples/compare/doctor/finding.h"

namespace compare {

struct Diagnosis {
  // Where temp dirs are created: TMPDIR, or /tmp.
  std::string parent;
  std::string system;  // "Linux 6.1.0, x86_64"
  std::vector<Finding> findings;
  // Nothing is weaker, and nothing fails.
  bool holds() const;
};

// Creates temp dirs where the environment says, and removes them; reaps
// nothing. Unsets FINALIZE_KEEP_TEMP_DIRS, which would keep them.
Diagnosis Examine();

// For people, in lines of at most `width`.
std::string FormatDiagnosis(const Diagnosis& diagnosis, size_t width);
// Text that is not UTF-8 has replacement characters.
std::string FormatDiagnosisJson(const Diagnosis& diagnosis);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_DOCTOR_H_
