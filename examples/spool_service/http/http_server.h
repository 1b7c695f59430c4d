// SPDX-License-Identifier: Apache-2.0

// HTTP: routes, and what answers them. It knows nothing of archives, temp dirs
// or finalizers. Who includes it need not know which library speaks HTTP.
//
//   auto* const http = new HttpServer(listener, {});
//   http->Get("/healthz", [](Exchange* exchange) {
//     exchange->Answer(200, "ok\n", "text/plain");
//   });
//   http->Start(threads);
#ifndef EXAMPLES_SPOOL_SERVICE_HTTP_HTTP_SERVER_H_
#define EXAMPLES_SPOOL_SERVICE_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/functional/function_ref.h"
#include "examples/spool_service/http/connections.h"

namespace spool_service {

// A request and its answer. Confined to the handler that has got it.
class Exchange {
 public:
  // What the parentheses in the path of the route match.
  virtual std::string match() const = 0;
  virtual std::string parameter(const std::string& name) const = 0;
  // Whether the body is a form with parts, as browsers send files.
  virtual bool is_form() const = 0;

  // Calls `take` with each piece of the body. Returns false, and has answered,
  // if the body is too large (413) or does not arrive (400).
  virtual bool ReadBody(absl::FunctionRef<void(const char*, size_t)> take) = 0;
  // The answer is sent when the handler has returned.
  virtual void Answer(int status, const std::string& text,
                      const char* type) = 0;

 protected:
  ~Exchange() = default;
};

// What a program wants to hear. Each may be null.
struct HttpHooks {
  Admit admit;                         // connections.h; null: admits all
  std::function<void()> begin_thread;  // first on each thread that answers
  std::function<void(int status)> answered;
};

// Answers by itself, without reading the body: 400, 404, 405, 413, 415 if the
// body has a Content-Encoding, 416 and 501. Ignores ranges.
//
// Must never be destroyed: its threads run until the process ends.
class HttpServer {
 public:
  using Handler = std::function<void(Exchange*)>;

  static constexpr size_t kMaxBody = size_t{1} << 30;

  // A request may have a body of `max_body` bytes.
  HttpServer(int listener, HttpHooks hooks, size_t max_body = kMaxBody);
  ~HttpServer() = delete;

  // `path` is a regular expression. Routes are added before Start().
  void Get(const std::string& path, Handler handler);
  void Post(const std::string& path, Handler handler);

  void Start(int threads);
  // As Connections::StopAccepting().
  void StopAccepting();
  bool stopping() const;

 private:
  class Impl;
  Impl* const impl_;
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_HTTP_HTTP_SERVER_H_
