// finalize-reap: removes the temp dirs of processes that are gone.
//
//   finalize-reap                       those in $TMPDIR
//   finalize-reap --list /tmp /scratch  says what is there, changes nothing
//   finalize-reap --dry_run --json      says what would go, for programs
//
// For cron jobs, images and shutdown scripts; it does what tempdir/reap.h says
// and prints what became of each root. With --watch=PID it is the reaper
// process that tempdir/reaper_process.h starts. tempdir/reaper.md shows where
// to use it.
//
// Exit status: 0 if all that is ownerless is gone (or would go), 1 if something
// was refused or could not be done, and for flags that it does not know.

#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tempdir/internal/owner_watch.h"
#include "tempdir/internal/reap_output.h"
#include "tempdir/reap.h"

ABSL_FLAG(bool, list, false, "Say what is there and who holds it; no change");
ABSL_FLAG(bool, dry_run, false, "Say what would be removed; no change");
ABSL_FLAG(bool, json, false, "Print one JSON object instead of lines");
ABSL_FLAG(bool, count_bytes, false, "Count bytes, too");
ABSL_FLAG(bool, any_file_system, false,
          "Reap where locks are not known to hold. Where they do not hold, the "
          "directories of live processes are removed");
ABSL_FLAG(absl::Duration, time_limit, absl::InfiniteDuration(),
          "Leave the rest to the next run after this time");
ABSL_FLAG(int, watch, 0,
          "Wait for the end of this process, the caller, in the background");

namespace {

using tempdir_internal::ParentReaped;

tempdir::ReapOptions OptionsOfFlags() {
  tempdir::ReapOptions options;
  options.dry_run = absl::GetFlag(FLAGS_dry_run) || absl::GetFlag(FLAGS_list);
  options.count_bytes = absl::GetFlag(FLAGS_count_bytes);
  options.any_file_system = absl::GetFlag(FLAGS_any_file_system);
  options.time_limit = absl::GetFlag(FLAGS_time_limit);
  return options;
}

int ReapAndPrint(const std::vector<std::string>& parents) {
  std::vector<ParentReaped> reaped;
  for (const std::string& parent : parents) {
    reaped.push_back({parent, tempdir::Reap(parent, OptionsOfFlags())});
  }
  const bool all = absl::GetFlag(FLAGS_list);
  const std::string text = absl::GetFlag(FLAGS_json)
                               ? tempdir_internal::ReapJson(reaped)
                               : tempdir_internal::ReapText(reaped, all);
  if (fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
      fflush(stdout) != 0) {
    perror("finalize-reap: cannot print");
    return 1;
  }
  return tempdir_internal::AllWell(reaped) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "removes the temp dirs of processes that are gone\n"
      "finalize-reap [--list|--dry_run] [--json] [PARENT...]");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  std::vector<std::string> parents(arguments.begin() + 1, arguments.end());
  if (parents.empty()) parents.push_back("");
  if (absl::GetFlag(FLAGS_list) && absl::GetFlag(FLAGS_dry_run)) {
    fputs("finalize-reap: --list and --dry_run exclude each other\n", stderr);
    return 1;
  }
  if (absl::GetFlag(FLAGS_watch) > 0) {
    return tempdir_internal::WatchOwner(absl::GetFlag(FLAGS_watch), parents);
  }
  return ReapAndPrint(parents);
}
