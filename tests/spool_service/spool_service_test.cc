// SPDX-License-Identifier: Apache-2.0

// The example spool_service: its arguments, its answers, and what it refuses.
// plain_service, with which it is compared, gives the same answers.
#include <openssl/sha.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/spool_service/spool_kit.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::Answer;
using finalize_test::Client;
using finalize_test::RunChild;
using finalize_test::SpoolService;
using finalize_test::Tar;
using finalize_test::TarEntry;
using finalize_test::TarOfSize;
using nlohmann::json;
using testing::HasSubstr;
using namespace finalize_test;  // NOLINT(build/namespaces)

class SpoolServiceTest : public TempDirFixture {
 protected:
  std::string spool() const { return Parent("spool").native(); }
};

std::string Sha256(const std::string& data) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
         digest);
  std::string text;
  char byte[3];
  for (unsigned char c : digest) {
    snprintf(byte, sizeof byte, "%02x", c);
    text += byte;
  }
  return text;
}

const std::string& Good() {
  static const auto& good = *new std::string(
      Tar({TarEntry("a", "", '5'), TarEntry("a/file", "content"),
           TarEntry("a/link", "../b", '2'), TarEntry("b", "a/file", '1')}));
  return good;
}

class BothServicesTest : public SpoolServiceTest,
                         public testing::WithParamInterface<const char*> {
 protected:
  SpoolService Start() const { return SpoolService(spool(), {}, GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(, BothServicesTest,
                         testing::Values("spool_service", "plain_service"),
                         [](const auto& info) { return info.param; });

TEST_P(BothServicesTest, UploadIsAnsweredWhole) {
  SpoolService service = Start();
  const Answer answer = service.Ask("POST", "/upload", Good());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body), json({{"sha256", Sha256(Good())},
                                            {"bytes", Good().size()},
                                            {"entries", 4}}));
}

TEST_P(BothServicesTest, LargeUploadIsAnsweredWhole) {
  const std::string large = TarOfSize(3000000);
  SpoolService service = Start();
  const Answer answer = service.Ask("POST", "/upload", large);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body)["sha256"], Sha256(large));
}

TEST_P(BothServicesTest, ConnectionIsUsedAgain) {
  SpoolService service = Start();
  Client client(service.port());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.Ask("POST", "/upload", TarOfSize(i * 1000)).status, 200);
  }
}

TEST_P(BothServicesTest, RequestsMayFollowOneAnotherUnanswered) {
  SpoolService service = Start();
  Client client(service.port());
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n";
  client.Send(request + request + request);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Await().status, 200);
}

TEST_P(BothServicesTest, PostWithoutLengthHasNoBody) {
  SpoolService service = Start();
  Client client(service.port());
  client.Send("POST /upload HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(client.Await().status, 422);
}

TEST_P(BothServicesTest, UploadIsRemovedWhenItIsAnswered) {
  SpoolService service = Start();
  EXPECT_EQ(service.Ask("POST", "/upload", Good()).status, 200);
  EXPECT_EQ(service.Ask("POST", "/upload", "no archive").status, 422);
  AwaitContent(spool(), false);
}

TEST_P(BothServicesTest, EntriesComeFromTheCache) {
  SpoolService service = Start();
  const std::string path = "/archives/" + Sha256(Good());
  EXPECT_EQ(service.Ask("GET", path).status, 404);
  EXPECT_EQ(service.Ask("POST", "/upload", Good()).status, 200);
  const Answer answer = service.Ask("GET", path);
  EXPECT_EQ(answer.status, 200);
  std::vector<std::string> entries;
  const json body = json::parse(answer.body);
  for (const json& entry : body["entries"]) {
    entries.push_back(entry["kind"].get<std::string>() + " " +
                      entry["name"].get<std::string>() + " " +
                      entry["bytes"].dump());
  }
  EXPECT_EQ(entries,
            (std::vector<std::string>{"directory a 0", "file a/file 7",
                                      "symlink a/link 0", "hardlink b 0"}));
}

// The connection is still good for the next request.
TEST_P(BothServicesTest, FormIsRefused) {
  SpoolService service = Start();
  Client client(service.port());
  const std::string form =
      "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n" + Good() +
      "\r\n--x--\r\n";
  client.Send(
      "POST /upload HTTP/1.1\r\nHost: test\r\n"
      "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: " +
      std::to_string(form.size()) + "\r\n\r\n" + form);
  EXPECT_EQ(client.Await().status, 415);
  EXPECT_EQ(client.Ask("GET", "/healthz").status, 200);
}

TEST_P(BothServicesTest, IsHealthy) {
  SpoolService service = Start();
  EXPECT_EQ(service.Ask("GET", "/healthz").status, 200);
}

// Each is refused, and says why.
TEST_F(SpoolServiceTest, BadArchivesAreRefused) {
  const std::string file = TarEntry("file", std::string(5000, 'x'));
  const std::pair<std::string, const char*> cases[] = {
      {"", "not an archive"},
      {"just text", "not an archive"},
      {file.substr(0, 3000), "Truncated"},
      {Tar({TarEntry("../up", "x")}), "\"../up\" is outside"},
      {Tar({TarEntry("a/../../up", "x")}), "\"a/../../up\" is outside"},
      {Tar({TarEntry("/etc/passwd", "x")}), "\"/etc/passwd\" is outside"},
      {Tar({TarEntry("l", "/etc", '2')}), "\"l\" is a link that leads outside"},
      {Tar({TarEntry("l", "..", '2')}), "\"l\" is a link that leads outside"},
      {Tar({TarEntry("a/l", "x/../../..", '2')}), "leads outside"},
      {Tar({TarEntry("l", "../x", '1')}), "\"l\" is a link that leads outside"},
      {Tar({TarEntry("l", "/etc/passwd", '1')}), "leads outside"},
      {Tar({TarEntry("d", ".", '2'), TarEntry("d/x", "x")}), "symlink"},
      {Tar({TarEntry("fifo", "", '6')}), "\"fifo\" is neither a file"},
  };
  SpoolService service(spool());
  for (const auto& [archive, why] : cases) {
    const Answer answer = service.Ask("POST", "/upload", archive);
    EXPECT_EQ(answer.status, 422) << why;
    EXPECT_THAT(json::parse(answer.body)["error"].get<std::string>(),
                HasSubstr(why));
  }
  AwaitContent(spool(), false);
}

TEST_F(SpoolServiceTest, FaultsAreOnlyThereIfAskedFor) {
  finalize_test::ChildProcess service({"examples/spool_service/spool_service",
                                       "--listen=127.0.0.1:0",
                                       "--spool=" + spool()});
  ASSERT_TRUE(service.AwaitOutput("\n"));
  const std::string& line = service.output();
  Client client(std::stoi(line.substr(line.rfind(':') + 1)));
  EXPECT_EQ(client.Ask("POST", "/fault/crash").status, 404);
}

TEST_F(SpoolServiceTest, ErrorsNameTheArgument) {
  const std::string good = "--spool=" + spool();
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"--listen=127.0.0.1:0"}, "--spool: is missing"},
      {{good}, "--listen: is missing"},
      {{good, "--listen=8080"}, "--listen=8080: not ADDRESS:PORT"},
      {{good, "--listen=127.0.0.1:x"}, "--listen=127.0.0.1:x: "},
      {{good, "--listen=127.0.0.1:"}, "--listen=127.0.0.1:: the port is"},
      {{good, "--listen=127.0.0.1:65536"},
       "--listen=127.0.0.1:65536: the port is not a number from 0 to 65535"},
      {{good, "--listen=127.0.0.1:-1"}, "--listen=127.0.0.1:-1: the port is"},
      {{good, "--listen=127.0.0.1: 0"}, "--listen=127.0.0.1: 0: the port is"},
      {{good, "--listen=192.0.2.1:80"}, "--listen=192.0.2.1:80: "},
      {{"--listen=127.0.0.1:0", "--spool=/none"}, "--spool=/none: "},
      {{good, "--workers=-1"}, "--workers=-1: is not a number from 0 to"},
      {{good, "--threads=0"}, "--threads=0: is not a number from 1 to"},
      {{good, "--grace=soon"}, "--grace=soon: is not a number from 1 to"},
      {{good, "--inherit-listener=9"}, "--inherit-listener=9: "},
      {{good, "--color"}, "--color: is not an argument"},
      {{good, "here"}, "here: is not an argument"},
  };
  for (auto [arguments, message] : cases) {
    if (std::string(message).rfind("--inherit", 0) == 0) {
      arguments.push_back("--listen=127.0.0.1:0");
    }
    arguments.insert(arguments.begin(), "examples/spool_service/spool_service");
    const auto result = RunChild(arguments);
    EXPECT_TRUE(result.Exited(1)) << result;
    EXPECT_THAT(result.err,
                HasSubstr(std::string("spool_service: ") + message));
  }
}

// The page of what is pending shows the request that asks for it, and perhaps
// the one before, whose connection is being closed.
TEST_F(SpoolServiceTest, DebugPageHasThreeForms) {
  SpoolService service(spool());
  const std::string path = "/debug/finalizers";
  const Answer html = service.Ask("GET", path);
  EXPECT_EQ(html.status, 200);
  EXPECT_THAT(html.body, HasSubstr("<!DOCTYPE html>"));
  const Answer text = service.Ask("GET", path + "?format=text");
  EXPECT_THAT(text.body, HasSubstr("in flight: "));
  EXPECT_THAT(text.body, HasSubstr("\"GET /debug/finalizers of 127.0.0.1:"));
  const json page = json::parse(service.Ask("GET", path + "?format=json").body);
  EXPECT_EQ(page["pid"], service.process().pid());
  EXPECT_GE(page["in_flight"]["count"], 1);
  EXPECT_GT(page["pending"]["count"], 0);
}

TEST_F(SpoolServiceTest, MetricsCountUploadsAndAnswers) {
  SpoolService service(spool());
  EXPECT_EQ(service.Ask("POST", "/upload", Good()).status, 200);
  EXPECT_EQ(service.Ask("POST", "/upload", "no archive").status, 422);
  const std::string page = service.Ask("GET", "/metrics").body;
  EXPECT_THAT(page, HasSubstr("\nspool_uploads_total 1\n"));
  EXPECT_THAT(page, HasSubstr("\nspool_uploads_begun_total 2\n"));
  EXPECT_THAT(page, HasSubstr("\nspool_upload_bytes_total " +
                              std::to_string(Good().size()) + "\n"));
  EXPECT_THAT(page, HasSubstr("\nspool_answers_total{status=\"200\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("\nspool_answers_total{status=\"422\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("\nspool_requests_in_flight "));
}

}  // namespace
