// SPDX-License-Identifier: Apache-2.0

// httplib, which speaks HTTP, on connections of ours: how far it reads, what it
// refuses, and when a connection is closed.
#ifndef EXAMPLES_SPOOL_SERVICE_HTTP_PROTOCOL_H_
#define EXAMPLES_SPOOL_SERVICE_HTTP_PROTOCOL_H_

#include <httplib.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "examples/spool_service/http/connections.h"
#include "examples/spool_service/http/request_check.h"

namespace spool_service {

// What is known of the request that a thread answers.
struct Turn {
  bool begun = false;      // its head has been read
  bool is_form = false;    // its body has parts
  bool body_left = false;  // it has a body that has not been read to its end
  bool closes = false;     // the answer is the last one of its connection
  Refusal refusal;
};

// Thread-safe, except for AddGet and AddPost, which come first.
class Protocol : public httplib::Server {
 public:
  using Begin = std::function<void(const httplib::Request&)>;

  // An answer that is written when `stops` returns true is the last one of its
  // connection.
  Protocol(size_t max_body, std::function<bool()> stops);

  // `path` is a regular expression.
  void AddGet(const std::string& path, Handler handler);
  void AddPost(const std::string& path, HandlerWithContentReader handler);

  // Answers one request. Returns whether the connection can be used again.
  // `begin` is called when the head has been read.
  bool Answer(Connection* connection, const Begin& begin);

  // That of this thread, for a handler. httplib tells its callbacks nothing of
  // the connection.
  static Turn* CurrentTurn();

 private:
  void SetHandlers(std::function<bool()> stops);
  void Prepare(httplib::Request* request, Turn* turn) const;

  const size_t max_body_;
  std::vector<Route> routes_;
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_HTTP_PROTOCOL_H_
