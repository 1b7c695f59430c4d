// SPDX-License-Identifier: Apache-2.0

// Whether the head of a request is one that this server answers, before a byte
// of its body is read. httplib would read most of what is refused here, into
// memory, or take its body for the next request.
#ifndef EXAMPLES_SPOOL_SERVICE_HTTP_REQUEST_CHECK_H_
#define EXAMPLES_SPOOL_SERVICE_HTTP_REQUEST_CHECK_H_

#include <httplib.h>

#include <cstddef>
#include <regex>
#include <string>
#include <vector>

namespace spool_service {

struct Route {
  std::string method;  // "GET", which is also for HEAD, or "POST"
  std::regex path;
};

struct Refusal {
  int status = 0;  // 0: it is not refused
  std::string text;
  std::string allow;  // with 405: the methods of the path
};

// Whether something follows the head.
bool HasBody(const httplib::Request& request);

Refusal CheckRequest(const httplib::Request& request,
                     const std::vector<Route>& routes, size_t max_body);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_HTTP_REQUEST_CHECK_H_
