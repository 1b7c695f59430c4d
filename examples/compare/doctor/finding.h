// SPDX-License-Identifier: Apache-2.0

// Finding: one thing that the library relies on, and whether it holds here.
#ifndef EXAMPLES_COMPARE_DOCTOR_FINDING_H_
#define EXAMPLES_COMPARE_DOCTOR_FINDING_H_

#include <string>

namespace compare {

enum class Verdict {
  kHolds,
  kNote,    // everything holds, but a user should know something
  kWeaker,  // a promise of the library does not hold, or not fully
  kFails,   // temp dirs cannot be created, or not be removed
};

struct Finding {
  std::string name;
  Verdict verdict = Verdict::kHolds;
  std::string found;
  // What that means for temp dirs, or for the end of a process.
  std::string meaning;
  // Empty if there is nothing to do.
  std::string advice;
};

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_FINDING_H_
