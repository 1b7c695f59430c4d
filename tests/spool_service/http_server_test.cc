// SPDX-License-Identifier: Apache-2.0

// The HTTP of the example spool_service: its limits, with smaller numbers.
#include "examples/spool_service/http/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "examples/spool_service/http/connection_stream.h"
#include "examples/spool_service/http/connections.h"
#include "gtest/gtest.h"
#include "tests/spool_service/spool_kit.h"

namespace {

using finalize_test::Client;
using spool_service::Connection;
using spool_service::ConnectionStream;
using spool_service::Exchange;
using spool_service::HttpServer;

constexpr size_t kMaxBody = 1000;

// Starts a server that answers POST / with the size of the body, and returns
// its port.
int StartServer() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(listener, 10), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  static HttpServer* server;  // never destroyed
  server = new HttpServer(listener, {}, kMaxBody);
  server->Post("/", [](Exchange* exchange) {
    size_t read = 0;
    if (exchange->ReadBody([&](const char*, size_t n) { read += n; })) {
      exchange->Answer(200, std::to_string(read), "text/plain");
    }
  });
  server->Start(2);
  return ntohs(address.sin_port);
}

int Port() {
  static const int port = StartServer();
  return port;
}

std::string Chunk(size_t size) {
  char head[32];
  snprintf(head, sizeof head, "%zx\r\n", size);
  return head + std::string(size, 'x') + "\r\n";
}

constexpr char kChunked[] =
    "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(HttpServerTest, BodyOfTheLimitIsTaken) {
  EXPECT_EQ(Client(Port()).Ask("POST", "/", std::string(kMaxBody, 'x')).body,
            "1000");
  Client client(Port());
  client.Send(kChunked + Chunk(600) + Chunk(400) + "0\r\n\r\n");
  EXPECT_EQ(client.Await().body, "1000");
}

// There would be more.
TEST(HttpServerTest, ChunksOverTheLimitAreRefused) {
  Client client(Port());
  client.Send(kChunked + Chunk(600) + Chunk(401));
  EXPECT_EQ(client.Await().status, 413);
  EXPECT_TRUE(client.AwaitEnd());
}

// It has begun to say how long the chunk is.
TEST(HttpServerTest, EndlessLineInABodyIsRefused) {
  Client client(Port());
  client.Send(kChunked + Chunk(10) + "5;" + std::string(200000, 'x'));
  EXPECT_EQ(client.Await().status, 400);
  EXPECT_TRUE(client.AwaitEnd());
}

TEST(HttpServerTest, LengthOverTheLimitIsRefused) {
  Client client(Port());
  client.Send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(client.Await().status, 413);
  EXPECT_TRUE(client.AwaitEnd());
}

// A client that sends a byte every millisecond, as long as someone reads.
class DrippingClient {
 public:
  DrippingClient() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets_), 0);
    drips_ = std::thread([this] {
      while (send(sockets_[1], "x", 1, MSG_NOSIGNAL) == 1) usleep(1000);
    });
    connection_.fd = sockets_[0];
  }
  ~DrippingClient() {
    close(sockets_[0]);
    drips_.join();
    close(sockets_[1]);
  }
  Connection* connection() { return &connection_; }

 private:
  int sockets_[2];
  Connection connection_;
  std::thread drips_;
};

TEST(ConnectionStreamTest, SlowHeadComesToAnEnd) {
  DrippingClient client;
  ConnectionStream stream(client.connection(), std::chrono::milliseconds(30));
  char byte;
  while (stream.Read(&byte, 1) == 1) {
  }
}

TEST(ConnectionStreamTest, SlowBodyMayTakeItsTime) {
  DrippingClient client;
  const std::chrono::milliseconds patience(100);
  ConnectionStream stream(client.connection(), patience);
  stream.EndHead();
  const auto begin = std::chrono::steady_clock::now();
  char byte;
  while (std::chrono::steady_clock::now() - begin < 3 * patience) {
    ASSERT_EQ(stream.Read(&byte, 1), 1);
  }
}

}  // namespace
