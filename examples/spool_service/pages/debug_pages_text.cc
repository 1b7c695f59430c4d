// SPDX-License-Identifier: Apache-2.0

// The page as text.
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "examples/spool_service/pages/debug_pages.h"
#include "examples/spool_service/pages/debug_pages_words.h"
#include "finalize/escaped_text.h"

namespace spool_service {
namespace {

using finalize::Info;
using finalize::QuotedText;
using finalize::RunningInfo;

// A name in quotes, or nothing.
std::string NameText(const std::string& name) {
  return name.empty() ? "" : " " + QuotedText(name);
}

std::string PendingLine(const Info& info) {
  return absl::StrCat("#", info.number, " phase ", info.phase, " +",
                      AgeText(info.age), NameText(info.name),
                      info.callback.empty() ? "" : " ", info.callback,
                      info.at_exit ? "" : " (not at exit)");
}

// What was left out, as a line; nothing if it is nothing.
std::string MoreLine(size_t count, std::string_view indent) {
  return count == 0
             ? ""
             : absl::StrCat(std::string(indent), "and ", count, " more\n");
}

}  // namespace

std::string DebugText(const ProcessState& state) {
  std::string text = absl::StrCat(
      "process ", state.pid, ", ", TimeText(state.when), "\n",
      state.counters.ToString(), "\n\nrunning: ", state.running.size(),
      ", the longest first\n");
  for (const RunningInfo& info : state.running) {
    absl::StrAppend(&text, "  ", ElapsedText(info), " #", info.number,
                    " phase ", info.phase, " ", PlaceText(info.place),
                    NameText(info.name), "\n");
  }
  absl::StrAppend(&text, "\nin flight: ", state.in_flight,
                  state.closed ? ", and closed" : "", "\n");
  for (const finalize::InFlightRequest& request : state.requests) {
    absl::StrAppend(&text, "  ", AgeText(request.age), NameText(request.name),
                    "\n");
  }
  text += MoreLine(state.in_flight - state.requests.size(), "  ");
  absl::StrAppend(&text, "\npending: ", state.pending, " of ",
                  state.groups.size(), " places, the oldest first\n");
  for (const PendingGroup& group : state.groups) {
    absl::StrAppend(&text, "  ", AgeText(group.oldest), " x ", group.count, " ",
                    PlaceText(group.place), "\n");
    for (const Info& info : group.entries) {
      absl::StrAppend(&text, "    ", PendingLine(info), "\n");
    }
    text += MoreLine(group.count - group.entries.size(), "    ");
  }
  absl::StrAppend(&text, "\nfailures reported: ", state.failed,
                  ", the newest first\n");
  for (const Failure& failure : state.failures) {
    absl::StrAppend(&text, "  ", AgeText(state.when - failure.when),
                    " ago: ", failure.entry.ToString(), "\n");
  }
  text += MoreLine(state.failed - state.failures.size(), "  ");
  return text;
}

}  // namespace spool_service
