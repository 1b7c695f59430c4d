// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/http/http_server.h"

#include <httplib.h>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "examples/spool_service/http/connections.h"
#include "examples/spool_service/http/protocol.h"

namespace spool_service {
namespace {

using httplib::Request;
using httplib::Response;

class HttplibExchange : public Exchange {
 public:
  // `body` is null if the request can have none.
  HttplibExchange(const Request& request, const httplib::ContentReader* body,
                  size_t max_body, Response* response)
      : request_(request),
        body_(body),
        max_body_(max_body),
        response_(response) {}
  // The handler has returned. What is left of the body would be taken for the
  // next request.
  void End() {
    if (body_ != nullptr) ReadBody([](const char*, size_t) {});
  }

  std::string match() const override { return request_.matches[1]; }
  std::string parameter(const std::string& name) const override {
    return request_.get_param_value(name);
  }
  bool is_form() const override { return Protocol::CurrentTurn()->is_form; }

  bool ReadBody(absl::FunctionRef<void(const char*, size_t)> take) override {
    const httplib::ContentReader* const body = std::exchange(body_, nullptr);
    if (body == nullptr) return true;
    size_t left = max_body_;
    bool too_large = false;
    const bool read = (*body)([&](const char* data, size_t size) {
      too_large = size > left;
      if (too_large) return false;
      left -= size;
      take(data, size);
      return true;
    });
    if (too_large) {
      Answer(413, absl::StrCat("send at most ", max_body_, " bytes\n"),
             "text/plain");
    }
    if (read) Protocol::CurrentTurn()->body_left = false;
    return read;
  }
  void Answer(int status, const std::string& text, const char* type) override {
    response_->status = status;
    response_->set_content(text, type);
  }

 private:
  const Request& request_;
  const httplib::ContentReader* body_;  // null: it has been read
  const size_t max_body_;
  Response* const response_;
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(int listener, HttpHooks hooks, size_t max_body)
      : hooks_(std::move(hooks)),
        max_body_(max_body),
        protocol_(max_body, [this] { return stopping(); }),
        connections_(listener, hooks_.admit, [this](Connection* connection) {
          return Answer(connection);
        }) {
    if (hooks_.answered != nullptr) {
      protocol_.set_logger([this](const Request&, const Response& response) {
        hooks_.answered(response.status);
      });
    }
  }

  void Get(const std::string& path, Handler handler) {
    protocol_.AddGet(path, [handler = std::move(handler)](
                               const Request& request, Response& response) {
      HttplibExchange exchange(request, nullptr, 0, &response);
      handler(&exchange);
    });
  }
  void Post(const std::string& path, Handler handler) {
    protocol_.AddPost(path, [this, handler = std::move(handler)](
                                const Request& request, Response& response,
                                const httplib::ContentReader& body) {
      HttplibExchange exchange(request, &body, max_body_, &response);
      handler(&exchange);
      exchange.End();
    });
  }
  void Start(int threads) { connections_.Start(threads, hooks_.begin_thread); }
  void StopAccepting() { connections_.StopAccepting(); }
  bool stopping() const { return connections_.stopping(); }

 private:
  bool Answer(Connection* connection) {
    return protocol_.Answer(connection, [&](const Request& request) {
      if (hooks_.admit == nullptr) return;
      // From now on the request has a name. If the service ends, it keeps the
      // ticket that it has.
      Ticket named = hooks_.admit(absl::StrCat(
          request.method, " ", request.path, " of ", connection->peer));
      if (named != nullptr) connection->ticket = std::move(named);
    });
  }

  const HttpHooks hooks_;
  const size_t max_body_;
  Protocol protocol_;
  Connections connections_;
};

HttpServer::HttpServer(int listener, HttpHooks hooks, size_t max_body)
    : impl_(new Impl(listener, std::move(hooks), max_body)) {}

void HttpServer::Get(const std::string& path, Handler handler) {
  impl_->Get(path, std::move(handler));
}

void HttpServer::Post(const std::string& path, Handler handler) {
  impl_->Post(path, std::move(handler));
}

void HttpServer::Start(int threads) { impl_->Start(threads); }

void HttpServer::StopAccepting() { impl_->StopAccepting(); }

bool HttpServer::stopping() const { return impl_->stopping(); }

}  // namespace spool_service
