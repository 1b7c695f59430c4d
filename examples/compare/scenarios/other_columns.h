// SPDX-License-Identifier: Apache-2.0

// What is expected in the columns of what people use instead: a table for each,
// in its own source. These cannot stand beside the scenarios: each has its own
// reasons, and other ends of the process.
#ifndef EXAMPLES_COMPARE_SCENARIOS_OTHER_COLUMNS_H_
#define EXAMPLES_COMPARE_SCENARIOS_OTHER_COLUMNS_H_

#include "absl/types/span.h"
#include "examples/compare/scenarios/scenario.h"

namespace compare {

struct OtherExpectation {
  const char* scenario;  // its name
  Expectation expectation;
};

// For what is said here of no scenario, the destructor style's hold.
absl::Span<const OtherExpectation> MkdtempExpectations();

absl::Span<const OtherExpectation> PythonExpectations();
absl::Span<const OtherExpectation> RustExpectations();
absl::Span<const OtherExpectation> GoExpectations();

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SCENARIOS_OTHER_COLUMNS_H_
