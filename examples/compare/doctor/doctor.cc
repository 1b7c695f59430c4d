// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/doctor.h"

#include <stdlib.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "examples/compare/doctor/aging.h"
#include "examples/compare/doctor/place.h"
#include "examples/compare/doctor/process.h"
#include "tempdir/reap.h"

namespace compare {
namespace {

// As Create takes it.
std::string ParentFromEnvironment() {
  const char* const parent = getenv("TMPDIR");
  return parent != nullptr && *parent != '\0' ? parent : "/tmp";
}

std::string SystemWords() {
  utsname system;
  if (uname(&system) != 0) return "an unknown system";
  return absl::StrCat(system.sysname, " ", system.release, ", ",
                      system.machine);
}

bool Spoils(const Finding& finding) {
  return finding.verdict == Verdict::kWeaker ||
         finding.verdict == Verdict::kFails;
}

// The one without links, as rules for aging name it.
std::string RealPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  return error ? path : real.string();
}

}  // namespace

bool Diagnosis::holds() const {
  return std::none_of(findings.begin(), findings.end(), Spoils);
}

Diagnosis Examine() {
  Diagnosis diagnosis;
  diagnosis.parent = ParentFromEnvironment();
  diagnosis.system = SystemWords();
  const std::vector<Finding> process = ExamineProcess();
  unsetenv("FINALIZE_KEEP_TEMP_DIRS");
  tempdir::SetAutomaticReap(false);
  diagnosis.findings = ExaminePlace();
  const bool locked = std::any_of(
      diagnosis.findings.begin(), diagnosis.findings.end(),
      [](const Finding& finding) {
        return finding.name == "locks" && finding.verdict == Verdict::kHolds;
      });
  if (std::filesystem::path(diagnosis.parent).is_absolute()) {
    diagnosis.findings.push_back(
        ExamineAging("", RealPath(diagnosis.parent), locked));
  }
  diagnosis.findings.insert(diagnosis.findings.end(), process.begin(),
                            process.end());
  return diagnosis;
}

}  // namespace compare
