// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/aging.h"

#include "absl/strings/str_cat.h"
#include "examples/compare/doctor/cleaner_scripts.h"
#include "examples/compare/doctor/system_files.h"
#include "examples/compare/doctor/tmpfiles_rules.h"

namespace compare {

namespace {

// What could not be read may have another rule.
void NameUnread(const std::string& unread, const std::string& parent,
                Finding* finding) {
  absl::StrAppend(&finding->found, "; cannot be read: ", unread);
  absl::StrAppend(&finding->meaning, ". A rule there may change that");
  if (finding->verdict != Verdict::kHolds) return;
  finding->verdict = Verdict::kNote;
  finding->advice =
      absl::StrCat("look there, as root, for a rule for ", parent);
}

Finding AgingBy(const std::string& rule, const std::string& script, bool runs,
                const std::string& parent, bool locked) {
  Finding finding;
  finding.name = "aging";
  if (!script.empty()) {
    finding.verdict = Verdict::kWeaker;
    finding.found = absl::StrCat(script, " removes old files from ", parent);
    finding.meaning =
        "it looks at no locks: a process that runs for longer may lose files "
        "of its temp dirs while it uses them";
    finding.advice =
        "exclude finalize-* there, or set TMPDIR to a directory that it does "
        "not clean";
  } else if (rule.empty()) {
    finding.found = absl::StrCat(
        "no rule of systemd-tmpfiles, tmpreaper or tmpwatch removes old files "
        "from ",
        parent);
    finding.meaning =
        "a temp dir stays for as long as its process wants it, and what "
        "nothing reaps stays until somebody removes it";
  } else if (!runs) {
    finding.verdict = Verdict::kNote;
    finding.found = absl::StrCat("systemd-tmpfiles has the rule \"", rule,
                                 "\", but systemd does not run here");
    finding.meaning =
        "nothing ages it from here. If the directory is one of the host, the "
        "host's rules apply";
  } else if (locked) {
    finding.found = absl::StrCat("systemd-tmpfiles ages it: \"", rule, "\"");
    finding.meaning =
        "it leaves directories that a process has locked, and the library "
        "locks its temp dirs: those of live processes stay whole";
  } else {
    finding.verdict = Verdict::kWeaker;
    finding.found = absl::StrCat("systemd-tmpfiles ages it: \"", rule, "\"");
    finding.meaning =
        "it leaves directories that a process has locked, but locks may not be "
        "seen here: a process that runs for longer may lose files of its temp "
        "dirs while it uses them";
    finding.advice =
        absl::StrCat("write the line \"x ", parent == "/" ? "" : parent,
                     "/finalize-*\" into /etc/tmpfiles.d/finalize.conf");
  }
  return finding;
}

}  // namespace

Finding ExamineAging(const std::string& system, const std::string& parent,
                     bool locked) {
  SystemFiles files(system);
  const std::string rule = AgingRule(&files, parent);
  const std::string script = CleanerScript(&files, parent);
  Finding finding = AgingBy(rule, script, SystemdRuns(files), parent, locked);
  if (!files.unread().empty()) NameUnread(files.unread(), parent, &finding);
  return finding;
}

}  // namespace compare
