// SPDX-License-Identifier: Apache-2.0

// Runs compare_tempdirs, or another program, and keeps what it says.

#ifndef TESTS_COMPARE_TOOL_RUN_H_
#define TESTS_COMPARE_TOOL_RUN_H_

#include <functional>
#include <string>
#include <vector>

namespace finalize_test {

struct ToolRun {
  int exit_code = -1;  // -1: by a signal
  int signal = 0;
  std::string output;
  std::string errors;
};

// Runs `program`, a path below the runfiles. `setup` is called in the child
// before the program starts. The program has TMPDIR from the environment.
ToolRun RunProgram(const std::string& program,
                   const std::vector<std::string>& arguments,
                   const std::function<void()>& setup = nullptr);

// RunProgram of compare_tempdirs, with an empty directory as its TMPDIR; a
// test failure where something is left in there afterwards.
ToolRun Compare(const std::vector<std::string>& arguments,
                const std::function<void()>& setup = nullptr);

// Whether this machine refuses what some scenarios need: user namespaces, or a
// file system below $TEST_TMPDIR that has extended attributes and can be the
// upper layer of an overlay.
bool MachineRefusesPlaces();

}  // namespace finalize_test

#endif  // TESTS_COMPARE_TOOL_RUN_H_
