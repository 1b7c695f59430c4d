// SPDX-License-Identifier: Apache-2.0

// The page as HTML.
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "examples/spool_service/pages/debug_pages.h"
#include "examples/spool_service/pages/debug_pages_style.h"
#include "examples/spool_service/pages/debug_pages_words.h"
#include "finalize/escaped_text.h"

namespace spool_service {
namespace {

using finalize::EscapedText;
using finalize::Info;
using finalize::RunningInfo;

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

}  // namespace

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

}  // namespace spool_service
