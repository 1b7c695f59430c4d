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
// which) or if nothing can be played, 2 if its arguments are wrong. With
// --doctor: 0 if everything holds that the library relies on, 1 if something is
// weaker here or fails.
//
// compare/ has five rooms, each of which uses those before it: others (what
// people use instead), subject (the process that is watched), scenarios (how it
// ends, and what is expected), play (plays the scenarios and compares) and
// print. A sixth, doctor, examines the machine.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "examples/compare/play/child.h"
#include "examples/compare/print/document.h"
#include "examples/compare/print/output_format.h"
#include "examples/compare/scenarios/selection.h"
#include "examples/compare_command.h"
#include "examples/standard_descriptors.h"
#include "finalize/at_exit.h"
#include "tempdir/reaper_process.h"

using compare::Command;
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
          "how long a scenario may take, such as 30s; one that takes longer "
          "has no result");

namespace {

namespace fs = std::filesystem;

constexpr char kUsage[] =
    "Plays each way in which the owner of a temp dir can end, with either "
    "style of temp dir, and shows what is left on disk.\n\n"
    "Exit status: 0 if everything is as expected, 1 if not (standard error "
    "says what) or if it cannot be played, 2 if a flag is wrong. With "
    "--doctor: 0 if everything holds, 1 if something is weaker or fails.";

[[noreturn]] void Refuse(const std::string& why) {
  compare::EndWith(compare::kUsageError, why);
}

// absl ends a program with status 1 if a flag is wrong, but 1 has another
// meaning here.
void ReadFlags(int argc, char** argv) {
  absl::SetProgramUsageMessage(kUsage);
  const bool help = std::any_of(argv, argv + argc, [](std::string_view flag) {
    return flag == "--help" || flag == "-help";
  });
  const auto parsing = finalize::AtExit("wrong flags", [help] {
    std::cout.flush();
    if (help) _exit(std::cout ? 0 : 1);
    _exit(compare::kUsageError);
  });
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  parsing.Cancel();
  if (rest.size() > 1) {
    Refuse(absl::StrCat("\"", rest[1], "\" is not a flag; --help lists them"));
  }
}

// The values of a flag that takes a list: without blanks, and without what a
// comma too many adds.
std::vector<std::string> List(const std::vector<std::string>& values) {
  std::vector<std::string> list;
  for (const std::string& value : values) {
    const absl::string_view trimmed = absl::StripAsciiWhitespace(value);
    if (!trimmed.empty()) list.emplace_back(trimmed);
  }
  return list;
}

// Each temp dir gets a copy of it, so that it must not contain them.
std::string FillFrom(const std::string& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) {
    Refuse(absl::StrCat("--fill: \"", directory, "\" is not a directory"));
  }
  const fs::path from = fs::canonical(directory, error);
  if (error) {
    Refuse(absl::StrCat("--fill: \"", directory, "\": ", error.message()));
  }
  const fs::path temp = fs::canonical(fs::temp_directory_path(error), error);
  const auto [end, unused] =
      std::mismatch(from.begin(), from.end(), temp.begin(), temp.end());
  if (!error && end == from.end()) {
    Refuse(absl::StrCat("--fill: \"", directory, "\" contains TMPDIR (",
                        temp.string(), "), where the copies are made"));
  }
  return from;
}

template <class T>
T Chosen(const char* flag, absl::StatusOr<T> selected) {
  if (selected.ok()) return *std::move(selected);
  Refuse(absl::StrCat(flag, ": ", std::string(selected.status().message())));
}

compare::ComparisonOptions OptionsFromFlags() {
  compare::ComparisonOptions options;
  options.scenarios = Chosen(
      "--only", compare::SelectScenarios(List(absl::GetFlag(FLAGS_only))));
  options.columns = Chosen(
      "--columns", compare::SelectColumns(List(absl::GetFlag(FLAGS_columns))));
  options.jobs = absl::GetFlag(FLAGS_jobs);
  if (options.jobs < 1) Refuse("--jobs must be at least 1");
  options.limit = absl::GetFlag(FLAGS_limit);
  if (options.limit <= absl::ZeroDuration()) Refuse("--limit must be positive");
  if (const std::string fill = absl::GetFlag(FLAGS_fill); !fill.empty()) {
    options.fill = FillFrom(fill);
  }
  options.program = "/proc/self/exe";
  return options;
}

// Whether a flag other than these was given.
bool AnyFlagBut(const std::vector<std::string>& known, int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [&](const std::string& argument) {
    if (argument[0] != '-') return false;  // the value of a flag
    const size_t begin = argument.find_first_not_of('-');
    if (begin == std::string::npos) return false;
    const std::string name = argument.substr(begin, argument.find('=') - begin);
    return std::find(known.begin(), known.end(), name) == known.end();
  });
}

void CheckDoctor(OutputFormat format, int argc, char** argv) {
  if (format != OutputFormat::kTable && format != OutputFormat::kJson) {
    Refuse("--doctor prints text, or --format=json");
  }
  if (AnyFlagBut({"doctor", "format"}, argc, argv)) {
    Refuse("--doctor takes no flag but --format");
  }
}

void CheckUpdate(const Command& command, int argc, char** argv) {
  if (AnyFlagBut({"update", "jobs", "limit", "fill", "progress", "noprogress"},
                 argc, argv)) {
    Refuse(
        "--update writes the whole table in the form of the document, without "
        "--only, --columns and --format");
  }
  const absl::Status document = compare::CheckDocument(command.update);
  if (!document.ok()) {
    compare::EndWith(
        1, absl::StrCat("--update: ", std::string(document.message())));
  }
}

// Exits with kUsageError, and says why, if a flag is wrong.
Command ParseFlags(int argc, char** argv) {
  ReadFlags(argc, argv);
  Command command;
  command.format = absl::GetFlag(FLAGS_format);
  if (absl::GetFlag(FLAGS_doctor)) {
    CheckDoctor(command.format, argc, argv);
    command.task = compare::Task::kDoctor;
    return command;
  }
  command.options = OptionsFromFlags();
  command.progress = absl::GetFlag(FLAGS_progress);
  command.update = absl::GetFlag(FLAGS_update);
  if (absl::GetFlag(FLAGS_list)) {
    command.task = compare::Task::kList;
  } else if (!command.update.empty()) {
    CheckUpdate(command, argc, argv);
    command.options.columns = *compare::SelectColumns({"own", "others"});
  }
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto status = tempdir::RunAsReaperProcess(argc, argv)) {
    return *status;
  }
  if (compare::IsChild(argc, argv)) return compare::RunChild(argc, argv);
  examples::OpenStandardDescriptors();
  signal(SIGCHLD, SIG_DFL);  // otherwise the statuses of children are lost
  const Command command = ParseFlags(argc, argv);
  switch (command.task) {
    case compare::Task::kDoctor:
      return compare::RunDoctor(command.format);
    case compare::Task::kList:
      compare::Print(compare::ListScenarios(command.options.scenarios));
      return 0;
    case compare::Task::kCompare:
      return compare::RunComparison(command);
  }
}
