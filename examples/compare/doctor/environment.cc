// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/environment.h"

#include <stdlib.h>
#include <string.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace compare {
namespace {

// What a value of a variable does. Nothing: it counts as unset.
struct Effect {
  std::string words;
  bool spoils = false;
};

bool IsZero(const char* value) { return strcmp(value, "0") == 0; }

Effect OfKeeping(const char* value) {
  if (IsZero(value)) return {};
  return {"no temp dir is removed", true};
}

Effect OfReaping(const char* value) {
  if (!IsZero(value)) return {};
  return {"what killed processes left is not removed", true};
}

Effect OfComparingDevices(const char* value) {
  if (IsZero(value)) return {};
  return {
      "if nothing tells a mount from a directory, only devices are "
      "compared"};
}

Effect OfDeadline(const char* value) {
  absl::Duration deadline;
  if (!absl::ParseDuration(value, &deadline) ||
      deadline == absl::InfiniteDuration() ||
      absl::ToInt64Nanoseconds(deadline) <= 0) {
    return {"not a finite, positive duration such as 5s, so it is ignored"};
  }
  return {absl::StrCat("the drains at the end of a process take at most ",
                       absl::FormatDuration(deadline),
                       ", whatever the program says")};
}

struct Variable {
  const char* name;
  Effect (*effect)(const char* value);
};

constexpr Variable kVariables[] = {
    {"FINALIZE_KEEP_TEMP_DIRS", OfKeeping},
    {"FINALIZE_REAP", OfReaping},
    {"FINALIZE_COMPARE_DEVICES", OfComparingDevices},
    {"FINALIZE_EXIT_DEADLINE", OfDeadline},
};

void Append(const std::string& what, const char* separator, std::string* to) {
  absl::StrAppend(to, to->empty() ? "" : separator, what);
}

}  // namespace

Finding Environment() {
  Finding finding;
  finding.name = "environment";
  for (const Variable& variable : kVariables) {
    const char* const value = getenv(variable.name);
    if (value == nullptr || *value == '\0') continue;
    const Effect effect = variable.effect(value);
    const std::string set = absl::StrCat(variable.name, "=", value);
    Append(set, ", ", &finding.found);
    Append(absl::StrCat(
               set, ": ",
               effect.words.empty() ? "as if it were unset" : effect.words),
           "; ", &finding.meaning);
    if (effect.spoils) finding.verdict = Verdict::kWeaker;
    if (finding.verdict == Verdict::kHolds) finding.verdict = Verdict::kNote;
  }
  if (finding.found.empty()) {
    finding.found = "no variable of the library is set";
    finding.meaning =
        "temp dirs are removed, and programs decide on their deadlines";
    return finding;
  }
  finding.advice = "unset what you do not want";
  return finding;
}

}  // namespace compare
