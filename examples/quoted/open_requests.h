// SPDX-License-Identifier: Apache-2.0

// What open_requests.cc needs of a server.
#ifndef EXAMPLES_QUOTED_OPEN_REQUESTS_H_
#define EXAMPLES_QUOTED_OPEN_REQUESTS_H_

#include <string>

#include "absl/functional/any_invocable.h"

struct Request {
  std::string path;
};

class Answer {
 public:
  void Send(int status, const std::string& body = {});
};

class Workers {
 public:
  void Run(absl::AnyInvocable<void()> task);
};
extern Workers workers;

std::string Load(const Request& request);

#endif  // EXAMPLES_QUOTED_OPEN_REQUESTS_H_
