// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/http/request_check.h"

#include <httplib.h>

#include <cstddef>
#include <cstdint>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace spool_service {
namespace {

using httplib::Request;

// Two readers of a request must not disagree about where it ends.
Refusal CheckLength(const Request& request, size_t max_body) {
  const size_t lengths = request.get_header_value_count("Content-Length");
  const size_t codings = request.get_header_value_count("Transfer-Encoding");
  if (lengths + codings > 1) return {400, "more than one length", ""};
  if (codings == 1 &&
      !absl::EqualsIgnoreCase(request.get_header_value("Transfer-Encoding"),
                              "chunked")) {
    return {501, "of the transfer encodings, send \"chunked\" alone", ""};
  }
  if (lengths == 0) return {};
  const std::string text = request.get_header_value("Content-Length");
  for (char c : text) {
    if (!absl::ascii_isdigit(c)) return {400, "Content-Length: no number", ""};
  }
  if (text.empty()) return {400, "Content-Length: no number", ""};
  uint64_t length = 0;
  if (!absl::SimpleAtoi(text, &length) || length > max_body) {
    return {413, absl::StrCat("send at most ", max_body, " bytes"), ""};
  }
  return {};
}

Refusal CheckRoute(const Request& request, const std::vector<Route>& routes) {
  const bool is_head = request.method == "HEAD";
  std::string allow;
  for (const Route& route : routes) {
    if (!std::regex_match(request.path, route.path)) continue;
    if (route.method == (is_head ? "GET" : request.method)) return {};
    absl::StrAppend(&allow, allow.empty() ? "" : ", ", route.method);
  }
  if (allow.empty()) return {404, "no such page", ""};
  return {405, absl::StrCat("not with this method, but ", allow), allow};
}

}  // namespace

bool HasBody(const Request& request) {
  return request.has_header("Transfer-Encoding") ||
         (request.has_header("Content-Length") &&
          request.get_header_value("Content-Length") != "0");
}

Refusal CheckRequest(const Request& request, const std::vector<Route>& routes,
                     size_t max_body) {
  Refusal refusal = CheckLength(request, max_body);
  if (refusal.status == 400 || refusal.status == 501) return refusal;
  Refusal route = CheckRoute(request, routes);
  if (route.status != 0) return route;
  if (refusal.status != 0) return refusal;
  if (!HasBody(request)) return {};
  if (request.method != "POST") return {400, "send no body", ""};
  if (request.has_header("Content-Encoding")) {
    return {415, "send the body without a Content-Encoding", ""};
  }
  return {};
}

}  // namespace spool_service
