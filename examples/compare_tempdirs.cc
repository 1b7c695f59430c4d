// SPDX-License-Identifier: Apache-2.0

// compare_tempdirs plays each way in which the owner of a temp dir can end, in
// a separate process, with both styles of temp dir, and with what people use
// instead.
//
//   compare_tempdirs                          the table
//   compare_tempdirs --only='sig*,fork'       part of it
//   compare_tempdirs --columns=destructor,finalizer
//   compare_tempdirs --columns=others         also Rust and Go
//   compare_tempdirs --format=html >page.html
//   compare_tempdirs --fill=/usr/share/doc    real trees to remove
//   compare_tempdirs --update=FILE            the table, into a document, or
//                                             the page
//   compare_tempdirs --doctor                 does the library work here?
//
// Returns 0 if every cell is as expected, 1 if one is not (standard error says
// which), 2 if its arguments are wrong. With --doctor: 0 if everything holds
// that the library relies on, 1 if something is weaker here or fails.
//
// compare/ has five rooms, each of which uses those before it: others (what
// people use instead), subject (the process that is watched), scenarios (how it
// ends, and what is expected), play (plays the scenarios and compares) and
// print. A sixth, doctor, examines the machine.
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "examples/compare/doctor/doctor.h"
#include "examples/compare/play/child.h"
#include "examples/compare/play/comparison.h"
#include "examples/compare/play/others.h"
#include "examples/compare/play/progress.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/document.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/output_format.h"
#include "examples/compare/scenarios/column.h"
#include "examples/compare/scenarios/scenario.h"
#include "examples/compare/scenarios/selection.h"
#include "finalize/at_exit.h"
#include "finalize/escaped_text.h"
#include "finalize/exit_hooks.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/reaper_process.h"
#include "tempdir/temp_dir_options.h"

using compare::Comparison;
using compare::OutputFormat;

ABSL_FLAG(OutputFormat, format, OutputFormat::kTable,
          "table, markdown, json or html");
ABSL_FLAG(std::vector<std::string>, only, {},
          "names of scenarios or groups, or globs, separated by commas; all "
          "if there are none");
ABSL_FLAG(std::vector<std::string>, columns, {},
          "destructor, finalizer, hooks, crash, reaper, restart, mkdtemp, "
          "python-del, python-finalize, rust or go, or globs; own or others; "
          "separated by commas; all but rust and go if there are none");
ABSL_FLAG(bool, doctor, false,
          "print what the library relies on, and whether it holds on this "
          "machine, where TMPDIR is, and exit; with --format=json as JSON");
ABSL_FLAG(bool, list, false, "print the names of the scenarios and exit");
ABSL_FLAG(std::string, fill, "",
          "a directory; each temp dir gets a copy of what is in it");
ABSL_FLAG(int, jobs,
          static_cast<int>(std::max(1u, std::thread::hardware_concurrency())),
          "how many scenarios are played at once");
ABSL_FLAG(std::string, update, "",
          "a document; the markdown form of all columns is written between its "
          "lines \"<!-- comparison: begin -->\" and \"<!-- comparison: end "
          "-->\", and the same with \"others\", or all of it if it is named "
          "*.html, and nothing to standard output");
ABSL_FLAG(bool, progress, isatty(STDERR_FILENO) == 1,
          "print to standard error what is being played");
ABSL_FLAG(absl::Duration, limit, absl::Minutes(2),
          "how long a scenario may take; one that takes longer has no result");

namespace {

constexpr int kUsageError = 2;

[[noreturn]] void EndWith(int status, const std::string& what) {
  std::cerr << "compare_tempdirs: " << finalize::OneLine(what) << std::endl;
  std::exit(status);
}

// If a standard descriptor is closed when the program begins, a file that it
// opens would take that place.
void OpenStandardDescriptors() {
  int descriptor = 0;
  while (descriptor >= 0 && descriptor <= STDERR_FILENO) {
    descriptor = open("/dev/null", O_RDWR);
  }
  if (descriptor >= 0) close(descriptor);
}

// absl ends a program with status 1 if a flag is wrong, but 1 has another
// meaning here.
void ParseFlags(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Plays each way in which the owner of a temp dir can end, with either "
      "style of temp dir, and shows what is left on disk.");
  const bool help = std::any_of(argv, argv + argc, [](std::string_view flag) {
    return flag == "--help" || flag == "-help";
  });
  const auto parsing = finalize::AtExit("wrong flags", [help] {
    std::cout.flush();
    _exit(help ? 0 : kUsageError);
  });
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  parsing.Cancel();
  if (rest.size() > 1) {
    EndWith(kUsageError,
            absl::StrCat("\"", rest[1], "\" is not a flag; --help lists them"));
  }
}

compare::ComparisonOptions OptionsFromFlags() {
  compare::ComparisonOptions options;
  auto scenarios = compare::SelectScenarios(absl::GetFlag(FLAGS_only));
  if (!scenarios.ok()) {
    EndWith(
        kUsageError,
        absl::StrCat("--only: ", std::string(scenarios.status().message())));
  }
  options.scenarios = *std::move(scenarios);
  auto columns = compare::SelectColumns(absl::GetFlag(FLAGS_columns));
  if (!columns.ok()) {
    EndWith(kUsageError, absl::StrCat("--columns: ",
                                      std::string(columns.status().message())));
  }
  options.columns = *std::move(columns);
  if (!absl::GetFlag(FLAGS_update).empty()) {
    options.columns = *compare::SelectColumns({"own", "others"});
  }
  options.jobs = absl::GetFlag(FLAGS_jobs);
  if (options.jobs < 1) EndWith(kUsageError, "--jobs must be at least 1");
  options.limit = absl::GetFlag(FLAGS_limit);
  if (options.limit <= absl::ZeroDuration()) {
    EndWith(kUsageError, "--limit must be positive");
  }
  if (!absl::GetFlag(FLAGS_update).empty() &&
      !(absl::GetFlag(FLAGS_only).empty() &&
        absl::GetFlag(FLAGS_columns).empty())) {
    EndWith(kUsageError,
            "--update needs the whole table, without --only and --columns");
  }
  options.program = "/proc/self/exe";
  if (const std::string fill = absl::GetFlag(FLAGS_fill); !fill.empty()) {
    std::error_code error;
    if (!std::filesystem::is_directory(fill, error)) {
      EndWith(kUsageError,
              absl::StrCat("--fill: \"", fill, "\" is not a directory"));
    }
    options.fill = std::filesystem::absolute(fill);
  }
  return options;
}

Comparison Run(compare::ComparisonOptions options) {
  // Ctrl-C removes what is below.
  const absl::Status hooked = finalize::InstallExitHooks();
  if (!hooked.ok()) EndWith(1, hooked.ToString());
  auto home = tempdir::FinalizerTempDir::Create(
      tempdir::TempDirOptions().set_prefix("compare-"));
  if (!home.ok()) EndWith(1, home.status().ToString());
  options.directory = home->path().string();
  auto others = compare::PrepareOthers(
      options.columns, options.directory + "/others", options.fill);
  if (!others.ok()) EndWith(1, others.status().ToString());
  options.others = *std::move(others);
  options.columns = compare::Playable(options.others, options.columns);
  if (options.columns.empty()) EndWith(1, options.others.missing.front());
  compare::Progress progress(options.scenarios.size() * options.columns.size(),
                             isatty(STDERR_FILENO) == 1);
  if (absl::GetFlag(FLAGS_progress)) {
    options.progress = [&progress](const compare::Scenario& scenario,
                                   const compare::Column& column, size_t done) {
      progress.Show(scenario, column, done);
    };
  }
  absl::StatusOr<Comparison> comparison = compare::Compare(options);
  if (!comparison.ok()) EndWith(1, comparison.status().ToString());
  const absl::Status removed = home->Remove();
  if (!removed.ok()) EndWith(1, removed.ToString());
  return *std::move(comparison);
}

// For lines of text; a wider terminal is not easier to read.
constexpr size_t kTextWidth = 80;

int RunDoctor() {
  const OutputFormat format = absl::GetFlag(FLAGS_format);
  if (format != OutputFormat::kTable && format != OutputFormat::kJson) {
    EndWith(kUsageError, "--doctor prints text, or --format=json");
  }
  if (!absl::GetFlag(FLAGS_only).empty() ||
      !absl::GetFlag(FLAGS_columns).empty() || absl::GetFlag(FLAGS_list) ||
      !absl::GetFlag(FLAGS_update).empty() ||
      !absl::GetFlag(FLAGS_fill).empty()) {
    EndWith(kUsageError, "--doctor takes no flag but --format");
  }
  const compare::Diagnosis diagnosis = compare::Examine();
  std::cout << (format == OutputFormat::kJson
                    ? compare::FormatDiagnosisJson(diagnosis)
                    : compare::FormatDiagnosis(diagnosis, kTextWidth))
            << std::flush;
  if (!std::cout) EndWith(1, "cannot write to standard output");
  return diagnosis.holds() ? 0 : 1;
}

std::string FormatForTerminal(const Comparison& comparison) {
  winsize size = {};
  const bool terminal = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  const char* const no_color = std::getenv("NO_COLOR");
  return compare::FormatTable(
      comparison,
      terminal && size.ws_col != 0 ? size.ws_col : compare::kTableWidth,
      terminal && (no_color == nullptr || *no_color == '\0'));
}

std::string Format(const Comparison& comparison) {
  switch (absl::GetFlag(FLAGS_format)) {
    case OutputFormat::kTable:
      return FormatForTerminal(comparison);
    case OutputFormat::kMarkdown:
      return compare::FormatMarkdown(comparison);
    case OutputFormat::kJson:
      return compare::FormatJson(comparison);
    case OutputFormat::kHtml:
      return compare::FormatHtml(comparison, compare::Detail::kAll);
  }
  return "";
}

void Write(const Comparison& comparison) {
  if (const std::string path = absl::GetFlag(FLAGS_update); !path.empty()) {
    const absl::Status updated = compare::UpdateDocument(path, comparison);
    if (!updated.ok()) EndWith(1, updated.ToString());
    return;
  }
  std::cout << Format(comparison) << std::flush;
  if (!std::cout) EndWith(1, "cannot write to standard output");
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto status = tempdir::RunAsReaperProcess(argc, argv)) {
    return *status;
  }
  if (compare::IsChild(argc, argv)) return compare::RunChild(argc, argv);
  OpenStandardDescriptors();
  signal(SIGCHLD, SIG_DFL);  // otherwise the statuses of children are lost
  ParseFlags(argc, argv);
  if (absl::GetFlag(FLAGS_doctor)) return RunDoctor();
  const compare::ComparisonOptions options = OptionsFromFlags();
  if (absl::GetFlag(FLAGS_list)) {
    std::cout << compare::ListScenarios(options.scenarios);
    return 0;
  }
  const Comparison comparison = Run(options);
  Write(comparison);
  const std::vector<std::string> problems = compare::AllProblems(comparison);
  for (const std::string& problem : problems) {
    std::cerr << "not as expected: " << finalize::OneLine(problem) << std::endl;
  }
  return problems.empty() ? 0 : 1;
}
