// SPDX-License-Identifier: Apache-2.0

#include "tempdir/command/kept_output.h"

#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "nlohmann/json.hpp"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;
using finalize::OneLine;
using nlohmann::ordered_json;
using tempdir::KeptFailure;

// To the second; a clock that was set back makes none negative.
absl::Duration AgeOf(const KeptFailure& failure, absl::Time now) {
  const absl::Duration age =
      absl::Trunc(now - failure.kept_at, absl::Seconds(1));
  return age < absl::ZeroDuration() ? absl::ZeroDuration() : age;
}

std::string Line(const KeptFailure& failure, absl::Time now) {
  return absl::StrCat("kept ", EscapedText(failure.path),
                      " age=", absl::FormatDuration(AgeOf(failure, now)),
                      " entries=", failure.entries, " bytes=", failure.bytes,
                      " prefix=", EscapedText(failure.prefix),
                      failure.in_use ? " in use\n" : "\n");
}

ordered_json Json(const ParentKept& parent, absl::Time now) {
  if (!parent.failures.ok()) {
    return {{"parent", parent.parent},
            {"error", parent.failures.status().ToString()}};
  }
  ordered_json json = {{"parent", parent.parent},
                       {"kept", ordered_json::array()}};
  for (const KeptFailure& failure : *parent.failures) {
    json["kept"].push_back(
        {{"path", failure.path},
         {"age_seconds", absl::ToInt64Seconds(AgeOf(failure, now))},
         {"entries", failure.entries},
         {"bytes", failure.bytes},
         {"prefix", failure.prefix},
         {"in_use", failure.in_use}});
  }
  return json;
}

}  // namespace

std::string KeptText(const std::vector<ParentKept>& kept, absl::Time now) {
  std::string text;
  for (const ParentKept& parent : kept) {
    if (!parent.failures.ok()) {
      absl::StrAppend(&text, "error ",
                      OneLine(std::string(parent.failures.status().message())),
                      "\n");
      continue;
    }
    for (const KeptFailure& failure : *parent.failures) {
      text += Line(failure, now);
    }
  }
  return text;
}

std::string KeptJson(const std::vector<ParentKept>& kept, absl::Time now) {
  ordered_json json = {{"parents", ordered_json::array()}};
  for (const ParentKept& parent : kept) {
    json["parents"].push_back(Json(parent, now));
  }
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) +
         "\n";
}

}  // namespace tempdir_internal
