// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/debug_pages.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "examples/spool_service/debug_pages_style.h"
#include "finalize/escaped_text.h"
#include "finalize/failure_reporter.h"
#include "nlohmann/json.hpp"

namespace spool_service {
namespace {

using finalize::EscapedText;
using finalize::Info;
using finalize::Place;
using finalize::QuotedText;
using finalize::RunningInfo;

using PlaceKey = std::pair<std::string_view, int>;

PlaceKey KeyOf(const Place& place) {
  return {place.file != nullptr ? place.file : "", place.line};
}

std::string PlaceText(const Place& place) {
  if (place.file == nullptr) return "an unknown place";
  return absl::StrCat(EscapedText(place.file), ":", place.line);
}

// A name in quotes, or nothing.
std::string NameText(const std::string& name) {
  return name.empty() ? "" : " " + QuotedText(name);
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

std::string ElapsedText(const RunningInfo& info) {
  return info.elapsed ? AgeText(*info.elapsed) : "unknown";
}

std::vector<PendingGroup> GroupsOfProcess(size_t limit) {
  std::vector<PendingGroup> groups;
  for (const finalize::PendingPlace& place : finalize::PendingByPlace()) {
    groups.push_back({place.place, place.count, place.oldest, {}});
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const PendingGroup& a, const PendingGroup& b) {
                     return a.oldest > b.oldest;
                   });
  std::map<PlaceKey, PendingGroup*> by_place;
  for (PendingGroup& group : groups) by_place[KeyOf(group.place)] = &group;
  for (Info& info : finalize::PendingByAge(limit)) {
    // A page must not be the last owner of anything for longer than it needs.
    info.referent.reset();
    // Registered since the places were counted: the next page shows it.
    const auto found = by_place.find(KeyOf(info.place));
    if (found == by_place.end()) continue;
    found->second->entries.push_back(std::move(info));
  }
  // Others may have been registered or have run between the two questions.
  for (PendingGroup& group : groups) {
    group.count = std::max(group.count, group.entries.size());
  }
  return groups;
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

// --- HTML ---

std::string Html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string Card(size_t number, std::string_view what, bool bad = false) {
  return absl::StrFormat("<div class=\"card%s\"><b>%d</b>%s</div>\n",
                         bad ? " bad" : "", number, Html(what));
}

// A line of three cells. `what` is HTML.
std::string Line(std::string_view age, std::string_view number,
                 const std::string& what) {
  return absl::StrCat("<div class=\"line\"><span class=\"age\">", Html(age),
                      "</span><span class=\"number\">", Html(number),
                      "</span><span class=\"what\">", what, "</span></div>\n");
}

// What is told beside the name.
std::string More(const std::string& text) {
  return absl::StrCat(" <span class=\"more\">", Html(text), "</span>");
}

std::string NameHtml(const std::string& name) {
  return name.empty() ? "<span class=\"quiet\">no name</span>"
                      : Html(EscapedText(name));
}

std::string EntryHtml(const Info& info) {
  // The callback is escaped already, but not for HTML.
  return Line(
      AgeText(info.age), absl::StrCat("#", info.number),
      absl::StrCat(NameHtml(info.name), " <code>", Html(info.callback),
                   "</code>",
                   More(absl::StrCat("phase ", info.phase,
                                     info.at_exit ? "" : ", not at exit"))));
}

std::string GroupHtml(const PendingGroup& group) {
  std::string text = absl::StrCat(
      "<details", group.entries.empty() ? "" : " open", "><summary>",
      "<span class=\"age\">", Html(AgeText(group.oldest)),
      "</span><span class=\"number\">&times; ", group.count,
      "</span><span class=\"what\">", Html(PlaceText(group.place)),
      "</span></summary>\n<div class=\"entries\">");
  for (const Info& info : group.entries) text += EntryHtml(info);
  const size_t more = group.count - group.entries.size();
  if (more > 0) text += Line("", "", absl::StrCat("and ", more, " more"));
  return text + "</div></details>\n";
}

std::string RunningHtml(const RunningInfo& info) {
  return Line(ElapsedText(info), absl::StrCat("#", info.number),
              absl::StrCat(NameHtml(info.name),
                           More(absl::StrCat("phase ", info.phase, ", ",
                                             PlaceText(info.place)))));
}

// A heading, and `lines` in a box; a sentence if there are none.
std::string Section(std::string_view heading, const std::string& lines,
                    std::string_view nothing) {
  return absl::StrCat(
      "<h2>", Html(heading), "</h2>\n",
      lines.empty() ? "<p class=\"quiet\">" : "<div class=\"box\">",
      lines.empty() ? Html(nothing) : lines,
      lines.empty() ? "</p>\n" : "</div>\n");
}

std::string HtmlHead(const ProcessState& state) {
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>Finalizers of process ",
      state.pid, "</title>\n<style>", kStyle,
      "</style>\n</head>\n<body>\n<h1>Finalizers of process ", state.pid,
      "</h1>\n<p class=\"quiet\">", Html(TimeText(state.when)), ". ",
      Html(state.counters.ToString()),
      ".</p>\n<p class=\"quiet\">The same as <a href=\"?format=text\">text</a> "
      "and <a href=\"?format=json\">JSON</a>.</p>\n");
}

// --- JSON ---

using Json = nlohmann::ordered_json;

Json PlaceJson(const Place& place) {
  if (place.file == nullptr) return nullptr;
  return Json{{"file", place.file}, {"line", place.line}};
}

Json InfoJson(const Info& info) {
  return Json{{"number", info.number},
              {"name", info.name},
              {"phase", info.phase},
              {"at_exit", info.at_exit},
              {"age_seconds", absl::ToDoubleSeconds(info.age)},
              {"callback", info.callback}};
}

Json GroupJson(const PendingGroup& group) {
  Json entries = Json::array();
  for (const Info& info : group.entries) entries.push_back(InfoJson(info));
  return Json{{"place", PlaceJson(group.place)},
              {"count", group.count},
              {"oldest_seconds", absl::ToDoubleSeconds(group.oldest)},
              {"entries", std::move(entries)}};
}

Json RunningJson(const RunningInfo& info) {
  Json json{{"number", info.number},
            {"name", info.name},
            {"phase", info.phase},
            {"place", PlaceJson(info.place)},
            {"elapsed_seconds", nullptr}};
  if (info.elapsed) {
    json["elapsed_seconds"] = absl::ToDoubleSeconds(*info.elapsed);
  }
  return json;
}

Json FailureJson(const Failure& failure) {
  const finalize::ReportEntry& entry = failure.entry;
  return Json{{"time", absl::ToUnixMillis(failure.when) / 1000.0},
              {"number", entry.number},
              {"name", entry.name},
              {"phase", entry.phase},
              {"place", PlaceJson(entry.place)},
              {"status", entry.status.ToString()},
              {"text", entry.ToString()}};
}

}  // namespace

// --- FailureLog ---

FailureLog::FailureLog(size_t limit)
    : entries_(std::make_shared<Entries>(limit)) {}

void FailureLog::Install(finalize::FailureReporter next) {
  finalize::SetFailureReporter([entries = entries_, next = std::move(next)](
                                   const finalize::ReportEntry& entry) {
    AddTo(*entries, entry, absl::Now());
    if (next != nullptr) {
      next(entry);
    } else {
      finalize::ReportFailure(entry);  // in a reporter: the default one
    }
  });
}

void FailureLog::Add(const finalize::ReportEntry& entry, absl::Time when) {
  AddTo(*entries_, entry, when);
}

void FailureLog::AddTo(Entries& entries, const finalize::ReportEntry& entry,
                       absl::Time when) {
  std::lock_guard<std::mutex> lock(entries.mutex);
  ++entries.added;
  entries.kept.push_front({when, entry});
  if (entries.kept.size() > entries.limit) entries.kept.pop_back();
}

std::vector<Failure> FailureLog::Newest() const {
  std::lock_guard<std::mutex> lock(entries_->mutex);
  return {entries_->kept.begin(), entries_->kept.end()};
}

size_t FailureLog::added() const {
  std::lock_guard<std::mutex> lock(entries_->mutex);
  return entries_->added;
}

// --- the pages ---

ProcessState InspectProcess(const DebugOptions& options) {
  ProcessState state;
  state.when = absl::Now();
  state.pid = getpid();
  state.counters = finalize::Count();
  state.groups = GroupsOfProcess(options.entries);
  for (const PendingGroup& group : state.groups) state.pending += group.count;
  state.running = finalize::Running();
  if (options.requests != nullptr) {
    state.in_flight = options.requests->size();
    state.requests = options.requests->ByAge(options.entries);
    state.in_flight = std::max(state.in_flight, state.requests.size());
    state.closed = options.requests->closed();
  }
  if (options.failures != nullptr) {
    state.failures = options.failures->Newest();
    state.failed = std::max(options.failures->added(), state.failures.size());
  }
  return state;
}

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

std::string DebugHtml(const ProcessState& state) {
  std::string text = HtmlHead(state);
  absl::StrAppend(
      &text, "<div class=\"cards\">\n", Card(state.pending, "pending"),
      Card(state.running.size(), "running"),
      Card(state.in_flight, state.closed ? "in flight, closed" : "in flight"),
      Card(state.failed, "failures reported", state.failed > 0), "</div>\n");

  std::string running, requests, groups, failures;
  for (const RunningInfo& info : state.running) running += RunningHtml(info);
  for (const finalize::InFlightRequest& request : state.requests) {
    requests += Line(AgeText(request.age), "", NameHtml(request.name));
  }
  const size_t more = state.in_flight - state.requests.size();
  if (more > 0) requests += Line("", "", absl::StrCat("and ", more, " more"));
  for (const PendingGroup& group : state.groups) groups += GroupHtml(group);
  for (const Failure& failure : state.failures) {
    failures += Line(absl::StrCat(AgeText(state.when - failure.when), " ago"),
                     absl::StrCat("#", failure.entry.number),
                     Html(failure.entry.ToString()));
  }
  const size_t older = state.failed - state.failures.size();
  if (older > 0) {
    failures += Line("", "", absl::StrCat("and ", older, " older"));
  }

  absl::StrAppend(
      &text, Section("Running, the longest first", running, "Nothing runs."),
      Section("Requests in flight, the oldest first", requests, "None."),
      Section("Pending by place, the oldest first", groups,
              "Nothing is pending."),
      Section("Failures reported, the newest first", failures, "None."));
  return text + "</body>\n</html>\n";
}

std::string DebugJson(const ProcessState& state) {
  Json json{{"pid", state.pid},
            {"time", absl::ToUnixMillis(state.when) / 1000.0},
            {"counters",
             {{"registered", state.counters.registered},
              {"run", state.counters.run},
              {"detached", state.counters.detached},
              {"failed", state.counters.failed},
              {"inherited", state.counters.inherited}}},
            {"running", Json::array()},
            {"in_flight",
             {{"count", state.in_flight},
              {"closed", state.closed},
              {"requests", Json::array()}}},
            {"pending", {{"count", state.pending}, {"places", Json::array()}}},
            {"failed", {{"count", state.failed}, {"latest", Json::array()}}}};
  for (const RunningInfo& info : state.running) {
    json["running"].push_back(RunningJson(info));
  }
  for (const finalize::InFlightRequest& request : state.requests) {
    json["in_flight"]["requests"].push_back(
        {{"name", request.name},
         {"age_seconds", absl::ToDoubleSeconds(request.age)}});
  }
  for (const PendingGroup& group : state.groups) {
    json["pending"]["places"].push_back(GroupJson(group));
  }
  for (const Failure& failure : state.failures) {
    json["failed"]["latest"].push_back(FailureJson(failure));
  }
  // Names are bytes: what is not UTF-8 becomes U+FFFD.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string AgeText(absl::Duration age) {
  if (age < absl::ZeroDuration()) age = absl::ZeroDuration();
  const int64_t ms = absl::ToInt64Milliseconds(age);
  const int64_t s = ms / 1000, m = s / 60, h = m / 60;
  if (ms < 1000) return absl::StrCat(ms, "ms");
  if (s < 60) return absl::StrFormat("%d.%ds", s, ms / 100 % 10);
  if (m < 60) return absl::StrCat(m, "m", s % 60, "s");
  if (h < 24) return absl::StrCat(h, "h", m % 60, "m");
  return absl::StrCat(h / 24, "d", h % 24, "h");
}

}  // namespace spool_service
