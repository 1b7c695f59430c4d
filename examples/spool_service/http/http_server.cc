// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/http/http_server.h"

#include <httplib.h>
#include <sys/types.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "examples/spool_service/http/connection_stream.h"
#include "examples/spool_service/http/connections.h"

namespace spool_service {
namespace {

using httplib::Request;
using httplib::Response;

constexpr size_t kMaxBody = size_t{1} << 30;

// What httplib reads from and writes to. Newer versions of httplib call
// wait_readable and wait_writable what older ones call is_readable and
// is_writable: so nothing here is marked as an override.
class HttplibStream : public httplib::Stream {
 public:
  explicit HttplibStream(Connection* connection) : stream_(connection) {}

  bool is_readable() const { return stream_.IsReadable(); }
  bool is_writable() const { return stream_.IsWritable(); }
  bool wait_readable() const { return stream_.IsReadable(); }
  bool wait_writable() const { return stream_.IsWritable(); }
  time_t duration() const { return 0; }

  ssize_t read(char* data, size_t size) { return stream_.Read(data, size); }
  ssize_t write(const char* data, size_t size) {
    return stream_.Write(data, size) ? static_cast<ssize_t>(size) : -1;
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const {
    const std::string& peer = stream_.connection().peer;
    const size_t colon = peer.rfind(':');
    ip = peer.substr(0, colon);
    port = std::atoi(peer.c_str() + colon + 1);
  }
  void get_local_ip_and_port(std::string&, int&) const {}
  socket_t socket() const { return stream_.connection().fd; }

  bool End() { return stream_.End(); }

 private:
  ConnectionStream stream_;
};

// Gives access to the one function of httplib that answers a request.
class Protocol : public httplib::Server {
 public:
  // Returns whether the connection can be used again. `begin` is called when
  // the headers are there.
  bool Answer(HttplibStream* stream, bool last,
              const std::function<void(Request&)>& begin) {
    bool closed = false;
    const bool sent =
        Process(&Protocol::process_request, stream, last, &closed, begin);
    return stream->End() && sent && !closed && !last;
  }
  void SetLimits() {
    set_payload_max_length(kMaxBody);
    set_keep_alive_timeout(15);
    set_keep_alive_max_count(1000000);
  }

 private:
  // Debian 12 has httplib 0.11.
  bool Process(
      bool (httplib::Server::*process)(httplib::Stream&, bool, bool&,
                                       const std::function<void(Request&)>&),
      HttplibStream* stream, bool last, bool* closed,
      const std::function<void(Request&)>& begin) {
    return (this->*process)(*stream, last, *closed, begin);
  }
  // Debian 13 has httplib 0.18.
  bool Process(bool (httplib::Server::*process)(
                   httplib::Stream&, const std::string&, int,
                   const std::string&, int, bool, bool&,
                   const std::function<void(Request&)>&),
               HttplibStream* stream, bool last, bool* closed,
               const std::function<void(Request&)>& begin) {
    std::string peer;
    int port = 0;
    stream->get_remote_ip_and_port(peer, port);
    return (this->*process)(*stream, peer, port, "", 0, last, *closed, begin);
  }
};

class HttplibExchange : public Exchange {
 public:
  // `body` is null if the request can have none.
  HttplibExchange(const Request& request, const httplib::ContentReader* body,
                  Response* response)
      : request_(request), body_(body), response_(response) {}
  // The handler has returned. What is left of the body would be taken for the
  // next request.
  void End() {
    if (body_ == nullptr) return;
    if (is_form()) {
      (*body_)([](const auto&) { return true; },
               [](const char*, size_t) { return true; });
    } else {
      ReadBody([](const char*, size_t) {});
    }
  }

  std::string match() const override { return request_.matches[1]; }
  std::string parameter(const std::string& name) const override {
    return request_.get_param_value(name);
  }
  bool is_form() const override { return request_.is_multipart_form_data(); }

  bool ReadBody(absl::FunctionRef<void(const char*, size_t)> take) override {
    const httplib::ContentReader* const body = std::exchange(body_, nullptr);
    return body == nullptr || (*body)([&](const char* data, size_t size) {
             take(data, size);
             return true;
           });
  }
  void Answer(int status, const std::string& text, const char* type) override {
    response_->status = status;
    response_->set_content(text, type);
  }

 private:
  const Request& request_;
  const httplib::ContentReader* body_;  // null: it has been read
  Response* const response_;
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(int listener, HttpHooks hooks)
      : hooks_(std::move(hooks)),
        connections_(listener, hooks_.admit, [this](Connection* connection) {
          return Answer(connection);
        }) {
    protocol_.SetLimits();
    if (hooks_.answered != nullptr) {
      protocol_.set_logger([this](const Request&, const Response& response) {
        hooks_.answered(response.status);
      });
    }
  }

  void Get(const std::string& path, Handler handler) {
    protocol_.Get(path, [handler = std::move(handler)](const Request& request,
                                                       Response& response) {
      HttplibExchange exchange(request, nullptr, &response);
      handler(&exchange);
    });
  }
  void Post(const std::string& path, Handler handler) {
    protocol_.Post(path, [handler = std::move(handler)](
                             const Request& request, Response& response,
                             const httplib::ContentReader& body) {
      HttplibExchange exchange(request, &body, &response);
      handler(&exchange);
      exchange.End();
    });
  }
  void Start(int threads) { connections_.Start(threads, hooks_.begin_thread); }
  void StopAccepting() { connections_.StopAccepting(); }
  bool stopping() const { return connections_.stopping(); }

 private:
  bool Answer(Connection* connection) {
    HttplibStream stream(connection);
    return protocol_.Answer(
        &stream, connections_.stopping(), [&](Request& request) {
          // Without a length there is no body (RFC 9112, 6.3). httplib would
          // read until the client closes the connection.
          if (!request.has_header("Content-Length") &&
              !request.has_header("Transfer-Encoding")) {
            request.set_header("Content-Length", "0");
          }
          if (hooks_.admit == nullptr) return;
          // From now on the request has a name. If the service ends, it keeps
          // the ticket that it has.
          Ticket named = hooks_.admit(absl::StrCat(
              request.method, " ", request.path, " of ", connection->peer));
          if (named != nullptr) connection->ticket = std::move(named);
        });
  }

  const HttpHooks hooks_;
  Protocol protocol_;
  Connections connections_;
};

HttpServer::HttpServer(int listener, HttpHooks hooks)
    : impl_(new Impl(listener, std::move(hooks))) {}

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
