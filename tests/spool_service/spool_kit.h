// SPDX-License-Identifier: Apache-2.0

// What the tests of examples/spool_service have in common: the service as a
// child, a client, archives, and the socket of a service manager.
#ifndef TESTS_SPOOL_SERVICE_SPOOL_KIT_H_
#define TESTS_SPOOL_SERVICE_SPOOL_KIT_H_

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"

namespace finalize_test {

// One entry of a tar file. `type` as there: '0' a file, '1' a hard link, '2' a
// symbolic link, '5' a directory; a link has a target instead of content.
std::string TarEntry(const std::string& name, const std::string& content,
                     char type = '0');
// The entries, and the end of the file.
std::string Tar(const std::vector<std::string>& entries);
// One with a file of `size` bytes.
std::string TarOfSize(size_t size);

struct Answer {
  int status = 0;  // 0: the connection ended before the answer was whole
  std::string body;
};

// A connection to a port of this machine. Confined to one thread.
class Client {
 public:
  explicit Client(int port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void Send(std::string_view data);
  // Sends the head of a request with `length` bytes of body, and lets the
  // service confirm that it has read it.
  void Begin(const std::string& method, const std::string& path, size_t length);
  Answer Await();
  // Waits for what comes next. Returns whether it is the end of the connection.
  bool AwaitEnd();
  Answer Ask(const std::string& method, const std::string& path,
             const std::string& body = "");

 private:
  bool ReadTo(size_t size);
  bool ReadHead(std::string* head);

  int socket_ = -1;
  std::string read_;
};

// A socket as that of systemd ($NOTIFY_SOCKET).
class NotifySocket {
 public:
  NotifySocket();
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  std::pair<std::string, std::string> variable() const {
    return {"NOTIFY_SOCKET", name_};
  }
  // Returns the first message that contains `text`, or an empty one if none
  // comes.
  std::string Await(const std::string& text);

 private:
  std::string name_;
  int socket_ = -1;
};

// The service, on a port of its own.
class SpoolService {
 public:
  // `program` is spool_service, plain_service, or a path.
  SpoolService(const std::string& spool,
               const std::vector<std::string>& arguments = {},
               const std::string& program = "spool_service");

  ChildProcess& process() { return process_; }
  NotifySocket& manager() { return manager_; }
  int port() const { return port_; }
  Answer Ask(const std::string& method, const std::string& path,
             const std::string& body = "") {
    return Client(port_).Ask(method, path, body);
  }

 private:
  NotifySocket manager_;
  ChildProcess process_;
  int port_ = 0;
};

// An upload of which only the first half has been sent, and is spooled.
class HalfUpload {
 public:
  HalfUpload(int port, const std::string& spool);
  Answer SendTheRest();

 private:
  const std::string body_;
  Client client_;
};

// Returns the processes that run with this argument: with its
// --spool=, those of a service, also after a reload.
std::vector<pid_t> ProcessesWith(const std::string& argument);
std::vector<pid_t> ChildrenOf(pid_t process);
// Waits until a child has ended; processes that it has started may run on.
void AwaitEndOf(pid_t process);

// Stops it. Signals that follow are all there when it goes on by SIGCONT.
void StopForSignals(ChildProcess* process);

// Waits until `directory` has something in it, or nothing.
void AwaitContent(const std::string& directory, bool content);

}  // namespace finalize_test

#endif  // TESTS_SPOOL_SERVICE_SPOOL_KIT_H_
