// SPDX-License-Identifier: Apache-2.0

// The bytes of one request and of its answer, on a connection.
#ifndef EXAMPLES_SPOOL_SERVICE_HTTP_CONNECTION_STREAM_H_
#define EXAMPLES_SPOOL_SERVICE_HTTP_CONNECTION_STREAM_H_

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "examples/spool_service/http/connections.h"

namespace spool_service {

// Confined to one thread.
class ConnectionStream {
 public:
  // What was read too far stays with the connection, for the next request.
  explicit ConnectionStream(Connection* connection) : connection_(connection) {}

  // Each waits for a slow client, but not forever.
  bool IsReadable() const;
  bool IsWritable() const;

  // As read(2).
  ssize_t Read(char* data, size_t size);
  // Sends later, all at once: if the process is killed meanwhile, the client
  // has the whole answer or nothing of it. Returns false if it cannot be sent.
  bool Write(const char* data, size_t size);
  // The request is over. Returns whether the answer was sent.
  bool End();

  const Connection& connection() const { return *connection_; }

 private:
  bool Flush();
  ssize_t Receive(char* data, size_t size);
  bool Waits(short events) const;

  Connection* const connection_;
  size_t position_ = 0;  // in what is unread
  std::string unsent_;
  bool interim_ = false;  // what is written is not the answer yet
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_HTTP_CONNECTION_STREAM_H_
