// SPDX-License-Identifier: Apache-2.0

#include "examples/compare_command.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "examples/compare/doctor/doctor.h"
#include "examples/compare/play/comparison.h"
#include "examples/compare/play/others.h"
#include "examples/compare/play/progress.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/document.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/output_format.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/scenario.h"
#include "finalize/escaped_text.h"
#include "finalize/exit_hooks.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/temp_dir_options.h"

namespace compare {
namespace {

// Ctrl-C, Ctrl-\ and kill remove what is in the temp dir. If nobody reads what
// this prints, that is an error of writing and not the end.
void InstallHooks() {
  signal(SIGPIPE, SIG_IGN);
  finalize::ExitHooks hooks;
  hooks.signals = {SIGQUIT};
  const absl::Status hooked = finalize::InstallExitHooks(hooks);
  if (!hooked.ok()) EndWith(1, hooked.ToString());
}

Comparison Run(const Command& command) {
  ComparisonOptions options = command.options;
  if (access(options.program.c_str(), X_OK) != 0) {
    EndWith(1, "it starts itself as " + options.program +
                   ", which is not there: /proc must be mounted");
  }
  InstallHooks();
  auto home = tempdir::FinalizerTempDir::Create(
      tempdir::TempDirOptions().set_prefix("compare-"));
  if (!home.ok()) EndWith(1, home.status().ToString());
  options.directory = home->path().string();
  auto others = PrepareOthers(options.columns, options.directory + "/others",
                              options.fill);
  if (!others.ok()) EndWith(1, others.status().ToString());
  options.others = *std::move(others);
  options.columns = Playable(options.others, options.columns);
  if (options.columns.empty()) {
    EndWith(1, absl::StrJoin(options.others.missing, " "));
  }
  Progress progress(options.scenarios.size() * options.columns.size(),
                    isatty(STDERR_FILENO) == 1);
  if (command.progress) {
    options.progress = [&progress](const Scenario& scenario,
                                   const Column& column, size_t done) {
      progress.Show(scenario, column, done);
    };
  }
  absl::StatusOr<Comparison> comparison = Compare(options);
  if (!comparison.ok()) EndWith(1, comparison.status().ToString());
  const absl::Status removed = home->Remove();
  if (!removed.ok()) EndWith(1, removed.ToString());
  return *std::move(comparison);
}

std::string FormatForTerminal(const Comparison& comparison) {
  winsize size = {};
  const bool terminal = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  const char* const no_color = std::getenv("NO_COLOR");
  return FormatTable(comparison,
                     terminal && size.ws_col != 0 ? size.ws_col : kTableWidth,
                     terminal && (no_color == nullptr || *no_color == '\0'));
}

std::string Format(const Comparison& comparison, OutputFormat format) {
  switch (format) {
    case OutputFormat::kTable:
      return FormatForTerminal(comparison);
    case OutputFormat::kMarkdown:
      return FormatMarkdown(comparison);
    case OutputFormat::kJson:
      return FormatJson(comparison);
    case OutputFormat::kHtml:
      return FormatHtml(comparison, Detail::kAll);
  }
  return "";
}

void Write(const Comparison& comparison, const Command& command) {
  if (command.update.empty()) {
    return Print(Format(comparison, command.format));
  }
  const absl::Status updated = UpdateDocument(command.update, comparison);
  if (!updated.ok()) EndWith(1, updated.ToString());
}

}  // namespace

void EndWith(int status, const std::string& what) {
  while (finalize::ShutdownSignal() != 0) pause();
  std::cerr << "compare_tempdirs: " << finalize::OneLine(what) << std::endl;
  std::exit(status);
}

void Print(const std::string& text) {
  std::cout << text << std::flush;
  if (!std::cout) EndWith(1, "cannot write to standard output");
}

int RunComparison(const Command& command) {
  const Comparison comparison = Run(command);
  Write(comparison, command);
  const std::vector<std::string> problems = AllProblems(comparison);
  for (const std::string& problem : problems) {
    std::cerr << "not as expected: " << finalize::OneLine(problem) << std::endl;
  }
  return problems.empty() ? 0 : 1;
}

// For lines of text; a wider terminal is not easier to read.
constexpr size_t kTextWidth = 80;

int RunDoctor(OutputFormat format) {
  const Diagnosis diagnosis = Examine();
  Print(format == OutputFormat::kJson ? FormatDiagnosisJson(diagnosis)
                                      : FormatDiagnosis(diagnosis, kTextWidth));
  return diagnosis.holds() ? 0 : 1;
}

}  // namespace compare
