// SPDX-License-Identifier: Apache-2.0

// finalize-reap: removes the temp dirs of processes that are gone.
//
//   finalize-reap                       those in $TMPDIR
//   finalize-reap --list /tmp /scratch  says what is there, changes nothing
//   finalize-reap --dry_run --json      says what would go, for programs
//   finalize-reap --kept                lists what failures left, newest first
//   finalize-reap --trim_kept=5         removes that, except the newest five
//
// For cron jobs, images and shutdown scripts; it does what tempdir/reap.h says
// and prints what became of each root. With --watch=PID it is the reaper
// process that tempdir/reaper_process.h starts. tempdir/reaper.md shows where
// to use it.
//
// Exit status: 0 if all that is provably ownerless is gone (or would go), 1 if
// something of it could not be removed, or not in time, or a parent could not
// be read, 2 if it was called wrongly. What is refused is said and leaves 0: an
// entry that only has the name of a root, a file system where locks are not
// known to hold. Anybody can plant the first of these. With --strict that is 1,
// too.
//
// --kept and --trim_kept do what tempdir/kept_failures.h says, and reap
// nothing.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "tempdir/command/kept_output.h"
#include "tempdir/command/reap_output.h"
#include "tempdir/internal/reap/owner_watch.h"
#include "tempdir/internal/root/parent_directory.h"
#include "tempdir/kept_failures.h"
#include "tempdir/reap.h"
#include "tempdir/reap_report.h"

ABSL_FLAG(bool, list, false, "Say what is there and who holds it; no change");
ABSL_FLAG(bool, dry_run, false, "Say what would be removed; no change");
ABSL_FLAG(bool, json, false, "Print one JSON object instead of lines");
ABSL_FLAG(bool, count_bytes, false, "Count bytes, too");
ABSL_FLAG(bool, any_file_system, false,
          "Reap where locks are not known to hold. Where they do not hold, the "
          "directories of live processes are removed");
ABSL_FLAG(bool, unseen_locks, false,
          "Reap roots whose locks may not be seen from here, too. Only if no "
          "process uses the parent through another mount or machine");
ABSL_FLAG(bool, unmarked, false,
          "Reap roots without a mark, too, as older versions made them. A copy "
          "of a root looks the same");
ABSL_FLAG(absl::Duration, time_limit, absl::InfiniteDuration(),
          "Leave the rest to the next run after this time");
ABSL_FLAG(bool, kept, false,
          "Only list what failures and crashes kept, with age and size");
ABSL_FLAG(int, trim_kept, -1,
          "Only remove what failures and crashes kept, except so many of "
          "the newest");
ABSL_FLAG(absl::Duration, older_than, absl::ZeroDuration(),
          "With --trim_kept: remove nothing that was kept for less than this");
ABSL_FLAG(bool, strict, false, "Exit with 1 for what is refused, too");
ABSL_FLAG(int, watch, 0,
          "Wait for the end of this process, the caller, in the background");

namespace {

using tempdir::ReapOutcome;
using tempdir_internal::ParentKept;
using tempdir_internal::ParentReaped;

constexpr int kFailure = 1;
constexpr int kUsageError = 2;

// absl ends a program with status 1 where a flag is wrong, and after --help.
std::vector<char*> ParseFlags(int argc, char** argv) {
  const bool help = std::any_of(argv, argv + argc, [](std::string_view flag) {
    return flag == "--help" || flag == "-help";
  });
  const auto parsing = finalize::AtExit("wrong flags", [help] {
    std::cout.flush();
    _exit(help ? 0 : kUsageError);
  });
  std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  parsing.Cancel();
  return arguments;
}

// Whether it is a directory that could be read, and something else is wrong.
bool IsRefused(const std::string& parent, const absl::Status& status) {
  if (!absl::IsFailedPrecondition(status) &&
      !absl::IsPermissionDenied(status)) {
    return false;
  }
  const auto path = tempdir_internal::ParentPath(parent);
  struct stat found;
  return path.ok() && stat(path->c_str(), &found) == 0 &&
         S_ISDIR(found.st_mode) &&
         faccessat(AT_FDCWD, path->c_str(), R_OK | X_OK, AT_EACCESS) == 0;
}

bool IsDone(const ParentReaped& reaped) {
  const auto& report = reaped.report;
  if (!report.ok()) return IsRefused(reaped.parent, report.status());
  return !report->timed_out && report->Count(ReapOutcome::kFailed) == 0 &&
         report->Count(ReapOutcome::kUnfinished) == 0;
}

int ExitStatus(const std::vector<ParentReaped>& reaped) {
  const bool well = absl::GetFlag(FLAGS_strict)
                        ? tempdir_internal::AllWell(reaped)
                        : std::all_of(reaped.begin(), reaped.end(), IsDone);
  return well ? 0 : kFailure;
}

tempdir::ReapOptions OptionsOfFlags() {
  tempdir::ReapOptions options;
  options.dry_run = absl::GetFlag(FLAGS_dry_run) || absl::GetFlag(FLAGS_list);
  options.count_bytes = absl::GetFlag(FLAGS_count_bytes);
  options.any_file_system = absl::GetFlag(FLAGS_any_file_system);
  options.unseen_locks = absl::GetFlag(FLAGS_unseen_locks);
  options.unmarked = absl::GetFlag(FLAGS_unmarked);
  options.time_limit = absl::GetFlag(FLAGS_time_limit);
  return options;
}

bool Print(const std::string& text) {
  if (fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
      fflush(stdout) == 0) {
    return true;
  }
  perror("finalize-reap: cannot print");
  return false;
}

int PrintKept(const std::vector<std::string>& parents) {
  std::vector<ParentKept> kept;
  bool well = true;
  for (const std::string& parent : parents) {
    kept.push_back({parent, tempdir::KeptFailures(parent)});
    well &= kept.back().failures.ok();
  }
  const std::string text = absl::GetFlag(FLAGS_json)
                               ? tempdir_internal::KeptJson(kept, absl::Now())
                               : tempdir_internal::KeptText(kept, absl::Now());
  return Print(text) && well ? 0 : kFailure;
}

tempdir::TrimOptions TrimOptionsOfFlags() {
  tempdir::TrimOptions options;
  options.keep_last = static_cast<size_t>(absl::GetFlag(FLAGS_trim_kept));
  options.older_than = absl::GetFlag(FLAGS_older_than);
  options.dry_run = absl::GetFlag(FLAGS_dry_run);
  options.any_file_system = absl::GetFlag(FLAGS_any_file_system);
  return options;
}

// Reaps, or trims what failures left.
int ReapAndPrint(const std::vector<std::string>& parents) {
  const bool trims = absl::GetFlag(FLAGS_trim_kept) >= 0;
  std::vector<ParentReaped> reaped;
  for (const std::string& parent : parents) {
    reaped.push_back(
        {parent, trims ? tempdir::TrimKeptFailures(parent, TrimOptionsOfFlags())
                       : tempdir::Reap(parent, OptionsOfFlags())});
  }
  const bool all = absl::GetFlag(FLAGS_list) || trims;
  const std::string text = absl::GetFlag(FLAGS_json)
                               ? tempdir_internal::ReapJson(reaped)
                               : tempdir_internal::ReapText(reaped, all);
  return Print(text) ? ExitStatus(reaped) : kFailure;
}

// What is wrong with the flags; null if nothing is.
const char* ConflictOfFlags() {
  const bool kept = absl::GetFlag(FLAGS_kept);
  const bool trims = absl::GetFlag(FLAGS_trim_kept) >= 0;
  if (absl::GetFlag(FLAGS_list) && absl::GetFlag(FLAGS_dry_run)) {
    return "--list and --dry_run exclude each other";
  }
  if (kept && trims) return "--kept and --trim_kept exclude each other";
  if (absl::GetFlag(FLAGS_list) && (kept || trims)) {
    return "--list is not about what failures left";
  }
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "removes the temp dirs of processes that are gone\n"
      "finalize-reap [--list|--dry_run] [--json] [--strict] [PARENT...]\n"
      "finalize-reap --kept [--json] [PARENT...]\n"
      "finalize-reap --trim_kept=N [--older_than=AGE] [--dry_run] [--json] "
      "[PARENT...]\n"
      "exit status: 0 all that is provably ownerless is gone, 1 something "
      "could not be removed or read (--strict: or was refused), 2 wrong usage");
  const std::vector<char*> arguments = ParseFlags(argc, argv);
  std::vector<std::string> parents(arguments.begin() + 1, arguments.end());
  if (parents.empty()) parents.push_back("");
  if (const char* const conflict = ConflictOfFlags()) {
    fprintf(stderr, "finalize-reap: %s\n", conflict);
    return kUsageError;
  }
  if (absl::GetFlag(FLAGS_watch) > 0) {
    return tempdir_internal::WatchOwner(absl::GetFlag(FLAGS_watch), parents);
  }
  return absl::GetFlag(FLAGS_kept) ? PrintKept(parents) : ReapAndPrint(parents);
}
