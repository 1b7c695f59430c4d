// SPDX-License-Identifier: Apache-2.0

#include "tests/spool_service/spool_kit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace finalize_test {
namespace {

constexpr size_t kBlock = 512;
// For what never comes. A loaded machine does not reach it.
constexpr timeval kLimit = {120, 0};

void Require(bool holds, const char* what) {
  if (holds) return;
  perror(what);
  abort();
}

std::string Padded(std::string data) {
  data.resize((data.size() + kBlock - 1) / kBlock * kBlock);
  return data;
}

void PutOctal(std::string* block, size_t at, int digits, size_t value) {
  char text[32];
  snprintf(text, sizeof text, "%0*zo", digits, value);
  block->replace(at, strlen(text), text);
}

}  // namespace

std::string TarEntry(const std::string& name, const std::string& content,
                     char type) {
  const bool is_link = type == '1' || type == '2';
  std::string head(kBlock, '\0');
  head.replace(0, name.size(), name);
  PutOctal(&head, 100, 7, 0644);
  PutOctal(&head, 108, 7, 0);
  PutOctal(&head, 116, 7, 0);
  PutOctal(&head, 124, 11, is_link ? 0 : content.size());
  PutOctal(&head, 136, 11, 0);
  head.replace(148, 8, 8, ' ');
  head[156] = type;
  if (is_link) head.replace(157, content.size(), content);
  head.replace(257, 5, "ustar");
  head.replace(263, 2, "00");
  size_t sum = 0;
  for (unsigned char c : head) sum += c;
  PutOctal(&head, 148, 6, sum);
  head[154] = '\0';
  return is_link ? head : head + Padded(content);
}

std::string Tar(const std::vector<std::string>& entries) {
  std::string all;
  for (const std::string& entry : entries) all += entry;
  return all + std::string(2 * kBlock, '\0');
}

std::string TarOfSize(size_t size) {
  return Tar({TarEntry("data", std::string(size, 'x'))});
}

// --- Client ---

Client::Client(int port)
    : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  Require(
      setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kLimit, sizeof kLimit) == 0,
      "socket");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) !=
      0) {
    close(socket_);
    socket_ = -1;  // every answer has status 0
  }
}

Client::~Client() {
  if (socket_ >= 0) close(socket_);
}

void Client::Send(std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the answer will not be whole
    data.remove_prefix(static_cast<size_t>(sent));
  }
}

void Client::Begin(const std::string& method, const std::string& path,
                   size_t length) {
  Send(method + " " + path + " HTTP/1.1\r\nHost: test\r\nContent-Length: " +
       std::to_string(length) + "\r\nExpect: 100-continue\r\n\r\n");
  std::string head;
  Require(ReadHead(&head) && head.find(" 100 ") != std::string::npos,
          "no 100 Continue");
}

Answer Client::Await() {
  std::string head;
  if (!ReadHead(&head)) return {};
  const size_t at = head.find("Content-Length: ");
  const size_t length = at == std::string::npos
                            ? 0
                            : strtoul(head.c_str() + at + 16, nullptr, 10);
  if (!ReadTo(length)) return {};
  const std::string body = read_.substr(0, length);
  read_.erase(0, length);
  return {atoi(head.c_str() + strlen("HTTP/1.1 ")), body};
}

bool Client::AwaitEnd() {
  char byte;
  return read_.empty() && recv(socket_, &byte, 1, 0) == 0;
}

Answer Client::Ask(const std::string& method, const std::string& path,
                   const std::string& body) {
  Send(method + " " + path + " HTTP/1.1\r\nHost: test\r\nContent-Length: " +
       std::to_string(body.size()) + "\r\n\r\n" + body);
  return Await();
}

bool Client::ReadTo(size_t size) {
  while (read_.size() < size) {
    char buffer[4096];
    const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    read_.append(buffer, static_cast<size_t>(got));
  }
  return true;
}

bool Client::ReadHead(std::string* head) {
  size_t end;
  while ((end = read_.find("\r\n\r\n")) == std::string::npos) {
    if (!ReadTo(read_.size() + 1)) return false;
  }
  *head = read_.substr(0, end);
  read_.erase(0, end + 4);
  return true;
}

// --- NotifySocket ---

NotifySocket::NotifySocket()
    : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  static std::atomic<int> number{0};
  name_ = "@spool-test-" + std::to_string(getpid()) + "-" +
          std::to_string(++number);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // In the abstract name space: the first byte is zero.
  memcpy(address.sun_path + 1, name_.data() + 1, name_.size() - 1);
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
  Require(bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
              setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kLimit,
                         sizeof kLimit) == 0,
          "notify socket");
}

NotifySocket::~NotifySocket() { close(socket_); }

std::string NotifySocket::Await(const std::string& text) {
  for (;;) {
    char buffer[4096];
    const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
    if (got <= 0) return "";
    const std::string message(buffer, static_cast<size_t>(got));
    if (message.find(text) != std::string::npos) return message;
  }
}

// --- SpoolService ---

namespace {

std::vector<std::string> Arguments(const std::string& program,
                                   const std::string& spool,
                                   const std::vector<std::string>& more) {
  const bool is_path = program.find('/') != std::string::npos;
  std::vector<std::string> all = {
      is_path ? program : "examples/spool_service/" + program,
      "--listen=127.0.0.1:0", "--spool=" + spool, "--faults"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

ChildOptions Options(const NotifySocket& manager) {
  ChildOptions options;
  options.environment = {manager.variable()};
  return options;
}

}  // namespace

SpoolService::SpoolService(const std::string& spool,
                           const std::vector<std::string>& arguments,
                           const std::string& program)
    : process_(Arguments(program, spool, arguments), Options(manager_)) {
  if (!process_.AwaitOutput("\n")) return;
  const std::string& line = process_.output();
  port_ = atoi(line.c_str() + line.rfind(':') + 1);
}

// --- HalfUpload ---

HalfUpload::HalfUpload(int port, const std::string& spool)
    : body_(TarOfSize(100000)), client_(port) {
  client_.Begin("POST", "/upload", body_.size());
  client_.Send(std::string_view(body_).substr(0, body_.size() / 2));
  AwaitContent(spool, true);
}

Answer HalfUpload::SendTheRest() {
  client_.Send(std::string_view(body_).substr(body_.size() / 2));
  return client_.Await();
}

std::vector<pid_t> ProcessesWith(const std::string& argument) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    // A process may end meanwhile: then reading fails, and the text is empty.
    std::ostringstream words;
    words << std::ifstream(entry.path() / "cmdline").rdbuf();
    const std::string text = words.str();
    if (('\0' + text).find('\0' + argument + '\0') != std::string::npos) {
      found.push_back(atoi(entry.path().filename().c_str()));
    }
  }
  return found;
}

std::vector<pid_t> ChildrenOf(pid_t process) {
  const std::string number = std::to_string(process);
  std::ifstream file("/proc/" + number + "/task/" + number + "/children");
  std::vector<pid_t> children;
  for (pid_t child; file >> child;) children.push_back(child);
  return children;
}

void AwaitEndOf(pid_t process) {
  siginfo_t info;
  Require(
      waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOWAIT) == 0,
      "waitid");
}

void StopForSignals(ChildProcess* process) {
  process->Signal(SIGSTOP);
  siginfo_t info;
  Require(
      waitid(P_PID, static_cast<id_t>(process->pid()), &info, WSTOPPED) == 0,
      "waitid");
}

void AwaitContent(const std::string& directory, bool content) {
  while (std::filesystem::is_empty(directory) == content) usleep(1000);
}

}  // namespace finalize_test
