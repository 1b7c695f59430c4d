// SPDX-License-Identifier: Apache-2.0

// Starts a process and sees it, and all that it forks, to the end.
#ifndef EXAMPLES_COMPARE_PLAY_PROCESS_H_
#define EXAMPLES_COMPARE_PLAY_PROCESS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "examples/compare/scenarios/ending.h"
#include "examples/compare/subject/stage.h"

namespace compare {

struct ProcessRequest {
  std::string program;
  std::vector<std::string> arguments;  // without the program's name
  // Its TMPDIR.
  std::string temp_directory;
  // What it writes to standard output and standard error is kept here.
  std::string output_directory;
  // It is killed if it takes longer.
  absl::Duration limit;
};

struct ProcessResult {
  Ending ending;
  bool killed = false;  // it reached the limit
  std::string output;
  std::string errors;
  std::vector<Mark> marks;
  int64_t ended = 0;  // when the last of its family had, MonotonicNanos()
};

// Runs a process in a process group of its own, with default actions for all
// signals and no standard input. Returns when it and every process that it
// forked have ended: each has the pipe for the marks open, and so its other
// end says when the last one is gone. Thread-safe.
absl::StatusOr<ProcessResult> RunProcess(const ProcessRequest& request);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PLAY_PROCESS_H_
