// SPDX-License-Identifier: Apache-2.0

// Progress: which scenario is being played, on standard error.
//
// On a terminal it is one line that is overwritten, and gone at the end; else
// a line for each scenario.
#ifndef EXAMPLES_COMPARE_PLAY_PROGRESS_H_
#define EXAMPLES_COMPARE_PLAY_PROGRESS_H_

#include <cstddef>

#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/scenario.h"

namespace compare {

class Progress {
 public:
  Progress(size_t cells, bool on_terminal);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(const Scenario& scenario, const Column& column, size_t done);

 private:
  const size_t cells_;
  const bool on_terminal_;
};

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PLAY_PROGRESS_H_
