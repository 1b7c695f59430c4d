// SPDX-License-Identifier: Apache-2.0

// The bytes of one request and of its answer, on a connection.
#ifndef EXAMPLES_SPOOL_SERVICE_HTTP_CONNECTION_STREAM_H_
#define EXAMPLES_SPOOL_SERVICE_HTTP_CONNECTION_STREAM_H_

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "examples/spool_service/http/connections.h"

namespace spool_service {

// The head of a request must be there `patience` after the stream was made, and
// be no larger than kMaxHead. Otherwise `patience` is for each wait: a large
// body may take as long as it needs. A line in it, as chunks have, must be no
// longer than kMaxHead, either.
//
// Confined to one thread.
class ConnectionStream {
 public:
  static constexpr std::chrono::milliseconds kPatience{10000};
  static constexpr size_t kMaxHead = 131072;

  // What was read too far stays with the connection, for the next request.
  explicit ConnectionStream(Connection* connection,
                            std::chrono::milliseconds patience = kPatience);
  // The head has been read.
  void EndHead() { deadline_.reset(); }

  // Each waits for a slow client, but not forever.
  bool IsReadable() const;
  bool IsWritable() const;

  // As read(2). Fails also if the head, or a line that is read byte by byte, is
  // too large, or if the head takes too long.
  ssize_t Read(char* data, size_t size);
  // Sends later, all at once: if the process is killed meanwhile, the client
  // has the whole answer or nothing of it. Returns false if it cannot be sent.
  bool Write(const char* data, size_t size);
  // The request is over. Returns whether the answer was sent.
  bool End();
  // The connection will be closed, and the client may still be sending. Tells
  // it so, and lets it read the answer, which it would lose if bytes came after
  // the close; but not for more than a second.
  void AwaitClose();

  const Connection& connection() const { return *connection_; }

 private:
  bool Flush();
  ssize_t Receive(char* data, size_t size);
  bool CountsTooMuch(bool in_line, const char* data, size_t size);
  bool Waits(short events) const;
  // How long it may still wait for the client.
  std::chrono::milliseconds TimeLeft() const;

  Connection* const connection_;
  const std::chrono::milliseconds patience_;
  // Until when everything must be there; later, only something.
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  size_t head_size_ = 0;
  size_t line_size_ = 0;
  size_t position_ = 0;  // in what is unread
  std::string unsent_;
  bool interim_ = false;  // what is written is not the answer yet
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_HTTP_CONNECTION_STREAM_H_
