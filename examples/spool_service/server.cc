// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/server.h"

#include <httplib.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "examples/spool_service/archive.h"
#include "examples/spool_service/archive_cache.h"
#include "examples/spool_service/connections.h"
#include "examples/spool_service/debug_pages.h"
#include "examples/spool_service/metrics.h"
#include "examples/spool_service/upload.h"
#include "finalize/exit_hooks.h"
#include "nlohmann/json.hpp"

namespace spool_service {
namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::json;

constexpr size_t kMaxUpload = size_t{1} << 30;
constexpr int kPatienceMs = 10000;  // for a client that is slow

// What httplib reads from and writes to. What is read too far stays with the
// connection. Newer versions of httplib call wait_readable and wait_writable
// what older ones call is_readable and is_writable: so nothing here is marked
// as an override.
class ConnectionStream : public httplib::Stream {
 public:
  explicit ConnectionStream(Connection* connection) : connection_(connection) {}

  bool is_readable() const {
    return position_ < connection_->unread.size() || Waits(POLLIN);
  }
  bool is_writable() const { return Waits(POLLOUT); }
  bool wait_readable() const { return is_readable(); }
  bool wait_writable() const { return is_writable(); }
  time_t duration() const { return 0; }

  ssize_t read(char* data, size_t size) {
    std::string& unread = connection_->unread;
    if (position_ == unread.size()) {
      position_ = 0;
      unread.resize(kBlock);
      const ssize_t received = Receive(unread.data(), kBlock);
      unread.resize(received > 0 ? static_cast<size_t>(received) : 0);
      if (received <= 0) return received;
    }
    size = std::min(size, unread.size() - position_);
    std::memcpy(data, unread.data() + position_, size);
    position_ += size;
    return static_cast<ssize_t>(size);
  }

  // Sends later, all at once: if the process is killed meanwhile, the client
  // has the whole answer or nothing of it.
  ssize_t write(const char* data, size_t size) {
    unsent_.append(data, size);
    // 100 Continue is no answer yet: the client waits for it before it sends
    // the body.
    const bool interim =
        absl::StartsWith(absl::string_view(data, size), "HTTP/1.1 100 ");
    if ((interim || unsent_.size() >= kMaxUnsent) && !Flush()) return -1;
    return static_cast<ssize_t>(size);
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const {
    const size_t colon = connection_->peer.rfind(':');
    ip = connection_->peer.substr(0, colon);
    port = std::atoi(connection_->peer.c_str() + colon + 1);
  }
  void get_local_ip_and_port(std::string&, int&) const {}
  socket_t socket() const { return connection_->fd; }

  // The request is over: keeps what belongs to the next one. Returns whether
  // the answer was sent.
  bool End() {
    connection_->unread.erase(0, position_);
    return Flush();
  }

 private:
  static constexpr size_t kBlock = 16384;
  static constexpr size_t kMaxUnsent = 65536;

  bool Flush() {
    size_t done = 0;
    while (done < unsent_.size()) {
      const ssize_t sent = send(connection_->fd, unsent_.data() + done,
                                unsent_.size() - done, MSG_NOSIGNAL);
      if (sent >= 0) {
        done += static_cast<size_t>(sent);
      } else if (errno != EINTR && (errno != EAGAIN || !Waits(POLLOUT))) {
        return false;
      }
    }
    unsent_.clear();
    return true;
  }
  ssize_t Receive(char* data, size_t size) {
    for (;;) {
      const ssize_t received = recv(connection_->fd, data, size, 0);
      if (received >= 0) return received;
      if (errno != EINTR && (errno != EAGAIN || !Waits(POLLIN))) return -1;
    }
  }
  bool Waits(short events) const {
    pollfd polled = {connection_->fd, events, 0};
    return poll(&polled, 1, kPatienceMs) > 0;
  }

  Connection* const connection_;
  size_t position_ = 0;  // in what is unread
  std::string unsent_;
};

// Gives access to the one function of httplib that answers a request.
class Protocol : public httplib::Server {
 public:
  // Returns whether the connection can be used again. `begin` is called when
  // the headers are there.
  bool Answer(ConnectionStream* stream, bool last,
              const std::function<void(Request&)>& begin) {
    bool closed = false;
    const bool sent =
        Process(&Protocol::process_request, stream, last, &closed, begin);
    return stream->End() && sent && !closed && !last;
  }
  void SetLimits() {
    set_payload_max_length(kMaxUpload);
    set_keep_alive_timeout(15);
    set_keep_alive_max_count(1000000);
  }

 private:
  // Debian 12 has httplib 0.11.
  bool Process(
      bool (httplib::Server::*process)(httplib::Stream&, bool, bool&,
                                       const std::function<void(Request&)>&),
      ConnectionStream* stream, bool last, bool* closed,
      const std::function<void(Request&)>& begin) {
    return (this->*process)(*stream, last, *closed, begin);
  }
  // Debian 13 has httplib 0.18.
  bool Process(bool (httplib::Server::*process)(
                   httplib::Stream&, const std::string&, int,
                   const std::string&, int, bool, bool&,
                   const std::function<void(Request&)>&),
               ConnectionStream* stream, bool last, bool* closed,
               const std::function<void(Request&)>& begin) {
    std::string peer;
    int port = 0;
    stream->get_remote_ip_and_port(peer, port);
    return (this->*process)(*stream, peer, port, "", 0, last, *closed, begin);
  }
};

void AnswerJson(Response* response, const json& body) {
  // Names in archives need not be UTF-8.
  response->set_content(
      body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n",
      "application/json");
}

void AnswerFailure(Response* response, int status, absl::string_view message) {
  response->status = status;
  AnswerJson(response, {{"error", std::string(message)}});
}

int StatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return 422;
    case absl::StatusCode::kResourceExhausted:
      return 507;
    case absl::StatusCode::kCancelled:
      return 503;
    default:
      return 500;
  }
}

}  // namespace

class Server::Impl {
 public:
  Impl(const Settings& settings, int listener, finalize::InFlight* requests)
      : settings_(settings),
        requests_(requests),
        connections_(listener, requests, [this](Connection* connection) {
          return Answer(connection);
        }) {
    protocol_.SetLimits();
    AddUploadRoutes();
    AddHealthRoute();
    AddDebugRoutes();
    if (settings_.faults) AddFaultRoutes();
  }

  void Start() {
    connections_.Start(settings_.threads, [this] {
      if (settings_.crash_tier && !finalize::AddCrashStack()) {
        std::fprintf(stderr, "spool_service: a thread has no crash stack\n");
      }
    });
  }
  void StopAccepting() { connections_.StopAccepting(); }

 private:
  bool Answer(Connection* connection) {
    ConnectionStream stream(connection);
    return protocol_.Answer(
        &stream, connections_.stopping(), [&](Request& request) {
          // Without a length there is no body (RFC 9112, 6.3). httplib would
          // read until the client closes the connection.
          if (!request.has_header("Content-Length") &&
              !request.has_header("Transfer-Encoding")) {
            request.set_header("Content-Length", "0");
          }
          // From now on the request has a name. If the service ends, it keeps
          // the ticket that it has.
          auto named = requests_->Enter(absl::StrCat(
              request.method, " ", request.path, " of ", connection->peer));
          if (named.ok()) connection->ticket = *std::move(named);
        });
  }

  void AddUploadRoutes() {
    protocol_.Post("/upload", [this](const Request& request, Response& response,
                                     const httplib::ContentReader& body) {
      TakeUpload(request, body, &response);
    });
    protocol_.Get("/archives/([0-9a-f]{64})", [this](const Request& request,
                                                     Response& response) {
      const std::shared_ptr<Archive> archive = cache_.Find(request.matches[1]);
      if (archive == nullptr) {
        return AnswerFailure(&response, 404, "this process does not know it");
      }
      json entries = json::array();
      for (const ArchiveEntry& entry : archive->entries) {
        entries.push_back({{"name", entry.name},
                           {"kind", entry.kind},
                           {"bytes", entry.bytes}});
      }
      AnswerJson(&response, {{"sha256", archive->sha256},
                             {"bytes", archive->bytes},
                             {"entries", std::move(entries)}});
    });
  }

  void TakeUpload(const Request& request, const httplib::ContentReader& body,
                  Response* response) {
    if (request.is_multipart_form_data()) {
      return AnswerFailure(response, 415,
                           "send the archive itself as the body");
    }
    absl::StatusOr<std::unique_ptr<Upload>> upload =
        Upload::Begin(settings_.spool);
    absl::Status status = upload.status();
    // Reads all of the body even if it is refused: a client that is still
    // sending does not read the answer.
    const bool received = body([&](const char* data, size_t size) {
      if (status.ok()) status = (*upload)->Append(data, size);
      return true;
    });
    if (!received) return;  // httplib has set the status
    if (status.ok()) {
      absl::StatusOr<std::shared_ptr<Archive>> archive =
          (*upload)->End(&cache_);
      if (archive.ok()) {
        metrics_.CountUpload((*archive)->bytes, (*archive)->entries.size());
        return AnswerJson(response, {{"sha256", (*archive)->sha256},
                                     {"bytes", (*archive)->bytes},
                                     {"entries", (*archive)->entries.size()}});
      }
      status = archive.status();
    }
    AnswerFailure(response, StatusOf(status), status.message());
  }

  void AddHealthRoute() {
    protocol_.Get("/healthz", [this](const Request&, Response& response) {
      const bool ends = connections_.stopping();
      response.status = ends ? 503 : 200;
      response.set_content(ends ? "ending\n" : "ok\n", "text/plain");
    });
  }

  void AddDebugRoutes() {
    failures_.Install();
    protocol_.Get("/debug/finalizers",
                  [this](const Request& request, Response& response) {
                    AnswerFinalizers(request, &response);
                  });
    protocol_.set_logger([this](const Request&, const Response& response) {
      metrics_.CountAnswer(response.status);
    });
    protocol_.Get("/metrics", [this](const Request&, Response& response) {
      const UploadCounts counts = CountUploads();
      MetricsText uploads;
      uploads.Single("spool_uploads_begun_total", "counter",
                     "Uploads that have begun.",
                     static_cast<double>(counts.begun));
      uploads.Single("spool_uploads_failed_total", "counter",
                     "Uploads that were refused, or left by the client.",
                     static_cast<double>(counts.failed));
      response.set_content(metrics_.Text(requests_) + uploads.text(),
                           kMetricsContentType);
    });
  }

  void AnswerFinalizers(const Request& request, Response* response) {
    DebugOptions options;
    options.requests = requests_;
    options.failures = &failures_;
    const ProcessState state = InspectProcess(options);
    const std::string format = request.get_param_value("format");
    if (format == "text") {
      response->set_content(DebugText(state), "text/plain; charset=utf-8");
    } else if (format == "json") {
      response->set_content(DebugJson(state), "application/json");
    } else {
      response->set_content(DebugHtml(state), "text/html; charset=utf-8");
    }
  }

  void AddFaultRoutes() {
    protocol_.Post("/fault/stuck", [](const Request& request, Response&) {
      // Not sleep(), which ends when a signal arrives.
      std::this_thread::sleep_for(std::chrono::seconds(
          std::atoi(request.get_param_value("seconds").c_str())));
    });
    protocol_.Post("/fault/crash", [](const Request&, Response&) {
      // A real one: raise() does nothing in process 1 of a container.
      void* const page =
          mmap(nullptr, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      *static_cast<volatile char*>(page) = 1;
    });
  }

  const Settings settings_;
  finalize::InFlight* const requests_;
  ArchiveCache cache_;
  FailureLog failures_;
  Metrics metrics_;
  Protocol protocol_;
  Connections connections_;
};

Server::Server(const Settings& settings, int listener,
               finalize::InFlight* requests)
    : impl_(new Impl(settings, listener, requests)) {}

void Server::Start() { impl_->Start(); }

void Server::StopAccepting() { impl_->StopAccepting(); }

}  // namespace spool_service
