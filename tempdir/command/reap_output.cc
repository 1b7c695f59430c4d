// SPDX-License-Identifier: Apache-2.0

#include "tempdir/command/reap_output.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "finalize/escaped_text.h"
#include "nlohmann/json.hpp"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;
using finalize::OneLine;

using nlohmann::ordered_json;
using tempdir::ReapedRoot;
using tempdir::ReapOutcome;
using tempdir::ReapReport;

bool IsTrouble(ReapOutcome outcome) {
  return outcome == ReapOutcome::kRefused || outcome == ReapOutcome::kFailed ||
         outcome == ReapOutcome::kUnfinished;
}

bool IsNews(ReapOutcome outcome) {
  return IsTrouble(outcome) || outcome == ReapOutcome::kRemoved ||
         outcome == ReapOutcome::kRemovable;
}

// A newline in a path does not make a line.
std::string RootLine(const ReapedRoot& root) {
  std::string line = absl::StrCat(tempdir::ReapOutcomeName(root.outcome), " ",
                                  EscapedText(root.path));
  if (root.entries > 0) absl::StrAppend(&line, " entries=", root.entries);
  if (root.bytes > 0) absl::StrAppend(&line, " bytes=", root.bytes);
  if (!root.present_path.empty()) {
    absl::StrAppend(&line, " now=", EscapedText(root.present_path));
  }
  if (!root.status.ok()) {
    absl::StrAppend(&line, ": ", OneLine(std::string(root.status.message())));
  }
  return absl::StrCat(line, "\n");
}

ordered_json RootJson(const ReapedRoot& root) {
  ordered_json json = {{"path", root.path},
                       {"outcome", tempdir::ReapOutcomeName(root.outcome)},
                       {"entries", root.entries},
                       {"bytes", root.bytes}};
  if (!root.present_path.empty()) json["present_path"] = root.present_path;
  if (!root.status.ok()) json["error"] = root.status.ToString();
  return json;
}

ordered_json ParentJson(const ParentReaped& reaped) {
  if (!reaped.report.ok()) {
    return {{"parent", reaped.parent},
            {"error", reaped.report.status().ToString()}};
  }
  const ReapReport& report = *reaped.report;
  ordered_json json = {
      {"parent", report.parent},
      {"file_system", report.file_system},
      {"timed_out", report.timed_out},
      {"elapsed_seconds", absl::ToDoubleSeconds(report.elapsed)},
      {"roots", ordered_json::array()}};
  for (const ReapedRoot& root : report.roots) {
    json["roots"].push_back(RootJson(root));
  }
  return json;
}

}  // namespace

std::string ReapText(const std::vector<ParentReaped>& reaped, bool all) {
  std::string text;
  for (const ParentReaped& parent : reaped) {
    if (!parent.report.ok()) {
      absl::StrAppend(&text, "error ",
                      OneLine(std::string(parent.report.status().message())),
                      "\n");
      continue;
    }
    for (const ReapedRoot& root : parent.report->roots) {
      if (all || IsNews(root.outcome)) text += RootLine(root);
    }
    if (parent.report->timed_out) {
      absl::StrAppend(&text, "unfinished ", EscapedText(parent.report->parent),
                      ": the time is up\n");
    }
  }
  return text;
}

std::string ReapJson(const std::vector<ParentReaped>& reaped) {
  ordered_json json = {{"parents", ordered_json::array()}};
  for (const ParentReaped& parent : reaped) {
    json["parents"].push_back(ParentJson(parent));
  }
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) +
         "\n";
}

bool AllWell(const std::vector<ParentReaped>& reaped) {
  for (const ParentReaped& parent : reaped) {
    if (!parent.report.ok() || parent.report->timed_out) return false;
    for (const ReapedRoot& root : parent.report->roots) {
      if (IsTrouble(root.outcome)) return false;
    }
  }
  return true;
}

}  // namespace tempdir_internal
