// SPDX-License-Identifier: Apache-2.0

// The example spool_service: requests that are refused by their head, and what
// becomes of their connections.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/spool_service/spool_kit.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::Answer;
using finalize_test::Client;
using finalize_test::SpoolService;
using finalize_test::TarOfSize;
using testing::HasSubstr;
using namespace finalize_test;  // NOLINT(build/namespaces)

constexpr char kNext[] = "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n";

std::string Head(const std::string& request, const std::string& fields = "") {
  return request + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n";
}

class SpoolServiceHttpTest : public TempDirFixture {
 protected:
  // Expects that the request is answered with `status`, and no other one on its
  // connection.
  void ExpectLast(int status, const std::string& request) {
    Client client(service_.port());
    client.Send(request);
    EXPECT_EQ(client.Await().status, status) << request;
    EXPECT_TRUE(client.AwaitEnd()) << request;
  }

  SpoolService service_{Parent("spool").native()};
};

// The client has sent only the beginning of a body without end.
TEST_F(SpoolServiceHttpTest, BodyForAnUnknownPathIsNotRead) {
  const std::string body = "Transfer-Encoding: chunked\r\n";
  ExpectLast(404, Head("POST /nope", body) + "40000000\r\nxyz");
  ExpectLast(404, Head("PUT /nope", body) + "40000000\r\nxyz");
}

TEST_F(SpoolServiceHttpTest, BodyForAnotherMethodIsNotRead) {
  const std::string body = "Transfer-Encoding: chunked\r\n";
  ExpectLast(405, Head("PUT /upload", body) + "40000000\r\nxyz");
  ExpectLast(405, Head("DELETE /upload", body) + "40000000\r\nxyz");
}

TEST_F(SpoolServiceHttpTest, RefusedBodyIsNotAskedFor) {
  ExpectLast(
      404, Head("POST /nope", "Content-Length: 9\r\nExpect: 100-continue\r\n"));
}

// It reads the answer when it has sent everything.
TEST_F(SpoolServiceHttpTest, ClientThatSendsOnGetsTheAnswer) {
  const std::string body(3000000, 'x');
  ExpectLast(404, Head("POST /nope", "Content-Length: 3000000\r\n") + body);
}

TEST_F(SpoolServiceHttpTest, ConnectionSurvivesAnUnknownPathWithoutBody) {
  Client client(service_.port());
  EXPECT_EQ(client.Ask("GET", "/nope").status, 404);
  EXPECT_EQ(client.Ask("POST", "/nope").status, 404);
  EXPECT_EQ(client.Ask("GET", "/upload").status, 405);
  EXPECT_EQ(client.Ask("GET", "/healthz").status, 200);
}

TEST_F(SpoolServiceHttpTest, LengthOverTheLimitIsRefusedUnread) {
  ExpectLast(413, Head("POST /upload", "Content-Length: 1073741825\r\n"));
  ExpectLast(413,
             Head("POST /upload", "Content-Length: 99999999999999999999\r\n"));
}

TEST_F(SpoolServiceHttpTest, BodyOfAGetIsNoRequest) {
  ExpectLast(400, Head("GET /healthz", "Content-Length: 37\r\n") + kNext);
  ExpectLast(400, Head("GET /healthz", "Transfer-Encoding: chunked\r\n") +
                      "25\r\n" + kNext + "\r\n0\r\n\r\n");
}

TEST_F(SpoolServiceHttpTest, UnclearLengthIsRefused) {
  for (const char* fields :
       {"Content-Length: 3\r\nContent-Length: 4\r\n", "Content-Length: -1\r\n",
        "Content-Length: 0x3\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"}) {
    ExpectLast(400, Head("POST /upload", fields) + "abc" + kNext);
  }
  ExpectLast(501, Head("POST /upload", "Transfer-Encoding: gzip, chunked\r\n"));
}

TEST_F(SpoolServiceHttpTest, NothingIsAnsweredAfterABrokenBody) {
  ExpectLast(400, Head("POST /upload", "Transfer-Encoding: chunked\r\n") +
                      "none\r\n" + kNext);
}

TEST_F(SpoolServiceHttpTest, EncodedBodyIsRefused) {
  ExpectLast(415, Head("POST /upload",
                       "Content-Length: 100\r\nContent-Encoding: gzip\r\n"));
}

TEST_F(SpoolServiceHttpTest, BrokenFormIsRefusedAsAForm) {
  Client client(service_.port());
  client.Send(Head("POST /upload",
                   "Content-Type: multipart/form-data; boundary=x\r\n"
                   "Content-Length: 3\r\n") +
              "abc");
  EXPECT_EQ(client.Await().status, 415);
  EXPECT_EQ(client.Ask("GET", "/healthz").status, 200);
}

TEST_F(SpoolServiceHttpTest, RangesAreIgnored) {
  std::string ranges = "Range: bytes=0-";
  for (int i = 0; i < 1000; ++i) ranges += ",0-";
  for (const std::string& fields : {ranges, std::string("Range: bytes=0-0")}) {
    Client client(service_.port());
    client.Send(Head("GET /healthz", fields + "\r\n"));
    const Answer answer = client.Await();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "ok\n");
  }
}

TEST_F(SpoolServiceHttpTest, EndlessHeadIsRefused) {
  std::string fields;
  for (int i = 0; i < 20000; ++i) fields += "X-Field: value\r\n";
  ExpectLast(400, Head("GET /healthz", fields));
}

TEST_F(SpoolServiceHttpTest, ExpectIsReadInAnyCase) {
  const std::string body = TarOfSize(1000);
  Client client(service_.port());
  client.Send(Head("POST /upload", "Expect: 100-Continue\r\nContent-Length: " +
                                       std::to_string(body.size()) + "\r\n"));
  EXPECT_EQ(client.Await().status, 100);
  client.Send(body);
  EXPECT_EQ(client.Await().status, 200);
}

}  // namespace
