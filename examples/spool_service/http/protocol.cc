// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/http/protocol.h"

#include <httplib.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <regex>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "examples/spool_service/http/connection_stream.h"
#include "examples/spool_service/http/connections.h"
#include "examples/spool_service/http/request_check.h"

namespace spool_service {
namespace {

using httplib::Request;
using httplib::Response;

thread_local Turn* current_turn = nullptr;

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

  void EndHead() { stream_.EndHead(); }
  bool End() { return stream_.End(); }
  void AwaitClose() { stream_.AwaitClose(); }

 private:
  ConnectionStream stream_;
};

using Setup = std::function<void(Request&)>;

// process_request is the one function of httplib that answers a request. Debian
// 12 has httplib 0.11.
template <typename Server>
bool Process(Server* server,
             bool (Server::*process)(httplib::Stream&, bool, bool&,
                                     const Setup&),
             HttplibStream* stream, bool* closed, const Setup& setup) {
  return (server->*process)(*stream, false, *closed, setup);
}
// Debian 13 has httplib 0.18.
template <typename Server>
bool Process(Server* server,
             bool (Server::*process)(httplib::Stream&, const std::string&, int,
                                     const std::string&, int, bool, bool&,
                                     const Setup&),
             HttplibStream* stream, bool* closed, const Setup& setup) {
  std::string peer;
  int port = 0;
  stream->get_remote_ip_and_port(peer, port);
  return (server->*process)(*stream, peer, port, "", 0, false, *closed, setup);
}

}  // namespace

Protocol::Protocol(size_t max_body, std::function<bool()> stops)
    : max_body_(max_body) {
  set_payload_max_length(max_body);
  set_keep_alive_timeout(15);
  set_keep_alive_max_count(1000000);
  SetHandlers(std::move(stops));
}

void Protocol::SetHandlers(std::function<bool()> stops) {
  set_pre_routing_handler([](const Request&, Response& response) {
    const Refusal& refusal = current_turn->refusal;
    if (refusal.status == 0) return HandlerResponse::Unhandled;
    response.status = refusal.status;
    response.set_content(refusal.text + "\n", "text/plain");
    if (!refusal.allow.empty()) response.set_header("Allow", refusal.allow);
    return HandlerResponse::Handled;
  });
  set_post_routing_handler(
      [stops = std::move(stops)](const Request&, Response& response) {
        Turn* const turn = current_turn;
        // After a 400 nobody knows where the next request begins.
        turn->closes = !turn->begun || turn->body_left ||
                       response.status == 400 || stops();
        if (!turn->closes) return;
        response.headers.erase("Keep-Alive");
        response.headers.erase("Connection");
        response.set_header("Connection", "close");
      });
}

void Protocol::AddGet(const std::string& path, Handler handler) {
  routes_.push_back({"GET", std::regex(path)});
  Get(path, std::move(handler));
}

void Protocol::AddPost(const std::string& path,
                       HandlerWithContentReader handler) {
  routes_.push_back({"POST", std::regex(path)});
  Post(path, std::move(handler));
}

bool Protocol::Answer(Connection* connection, const Begin& begin) {
  HttplibStream stream(connection);
  Turn turn;
  current_turn = &turn;
  bool closed = false;
  const bool sent = Process<Protocol>(this, &Protocol::process_request, &stream,
                                      &closed, [&](Request& request) {
                                        stream.EndHead();
                                        Prepare(&request, &turn);
                                        begin(request);
                                      });
  current_turn = nullptr;
  const bool whole = stream.End();
  if (!turn.begun || turn.body_left) {
    connection->ticket.reset();  // it has been answered
    stream.AwaitClose();
  }
  return whole && sent && !closed && !turn.closes;
}

Turn* Protocol::CurrentTurn() { return current_turn; }

void Protocol::Prepare(Request* request, Turn* turn) const {
  turn->begun = true;
  turn->body_left = HasBody(*request);
  turn->refusal = CheckRequest(*request, routes_, max_body_);
  // A server may ignore them (RFC 9110, 14.2). httplib copies the answer for
  // each of a thousand.
  request->ranges.clear();
  if (turn->refusal.status != 0) {
    request->headers.erase("Expect");  // the body is not wanted
  } else if (absl::EqualsIgnoreCase(request->get_header_value("Expect"),
                                    "100-continue")) {
    request->headers.erase("Expect");
    request->set_header("Expect", "100-continue");
  }
  // Without a length there is no body (RFC 9112, 6.3). httplib would read until
  // the client closes the connection.
  if (!turn->body_left) {
    request->headers.erase("Content-Length");
    request->set_header("Content-Length", "0");
  }
  // httplib would read a form in its own way, without a limit.
  turn->is_form = request->is_multipart_form_data();
  if (turn->is_form) request->headers.erase("Content-Type");
}

}  // namespace spool_service
