// SPDX-License-Identifier: Apache-2.0

// What the flags of compare_tempdirs ask for, and how it is done.
#ifndef EXAMPLES_COMPARE_COMMAND_H_
#define EXAMPLES_COMPARE_COMMAND_H_

#include <string>

#include "examples/compare/play/comparison.h"
#include "examples/compare/print/output_format.h"

namespace compare {

enum class Task { kCompare, kList, kDoctor };

struct Command {
  Task task = Task::kCompare;
  OutputFormat format = OutputFormat::kTable;
  // What to play; for kCompare and kList.
  ComparisonOptions options;
  bool progress = false;
  std::string update;  // a document to write; empty: standard output
};

// The exit status if the arguments are wrong.
constexpr int kUsageError = 2;

// Prints `what` to standard error as one line, and exits. If a signal ends the
// process already, waits for that instead: its drain removes what this thread
// still uses, and that is no error.
[[noreturn]] void EndWith(int status, const std::string& what);

// Writes `text` to standard output. Exits with status 1 if that fails.
void Print(const std::string& text);

// Plays, prints, and returns the exit status.
int RunComparison(const Command& command);

// Examines the machine; the same.
int RunDoctor(OutputFormat format);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_COMMAND_H_
