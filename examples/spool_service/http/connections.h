// SPDX-License-Identifier: Apache-2.0

// The connections of one process: a thread waits for what is readable, and
// others answer one request at a time.
//
// A request has a ticket, which the program gives it, from the moment at which
// something of it can be read until its answer has been written. A connection
// between two requests has no thread, and is closed by StopAccepting().
#ifndef EXAMPLES_SPOOL_SERVICE_HTTP_CONNECTIONS_H_
#define EXAMPLES_SPOOL_SERVICE_HTTP_CONNECTIONS_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

namespace spool_service {

// Whatever has to live as long as a request is in flight.
using Ticket = std::shared_ptr<void>;
// Called on any thread when a request begins, with what is known of it. Returns
// its ticket, or null to refuse it.
using Admit = std::function<Ticket(const std::string& name)>;

// A connection of a client. Whoever answers it is the only one who uses it.
struct Connection {
  int fd = -1;
  std::string peer;    // "127.0.0.1:4711"
  std::string unread;  // was read behind the end of the last request
  bool answered = false;
  Ticket ticket;
  std::chrono::steady_clock::time_point idle_since;
};

// Must never be destroyed: its threads run until the process ends.
class Connections {
 public:
  // Answers one request. Returns whether the connection stays open.
  using Answer = std::function<bool(Connection*)>;

  // If `admit` is null, requests are admitted without a ticket.
  Connections(int listener, Admit admit, Answer answer);
  // `prepare` is called first on each thread that answers; it may be null.
  void Start(int threads, std::function<void()> prepare);

  // Accepts what still waits in the kernel, gives each new connection half a
  // second for its first byte, and closes the listener of this process and each
  // connection that has sent nothing since its last answer. When it returns,
  // every other request has been admitted.
  void StopAccepting();
  bool stopping() const { return stopping_; }

 private:
  using Lock = std::lock_guard<std::mutex>;

  void Watch();
  int HandleEvents(int timeout_ms);
  bool Accept();
  bool WaitFor(int fd, int operation);
  void Hand(int fd);
  void CloseIdle(std::chrono::milliseconds limit);
  void CloseOldest();  // with mutex_ held
  void LastRound();
  bool SomeNew();
  void Work();
  void GiveBack(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> NextReadable();

  const int listener_;
  const int epoll_;
  const int wake_;
  const Admit admit_;
  const Answer answer_;
  std::atomic<bool> stopping_{false};
  std::thread watcher_;

  std::mutex mutex_;
  bool closed_ = false;  // no connection may become idle any more
  std::unordered_map<int, std::unique_ptr<Connection>> idle_;
  std::deque<std::unique_ptr<Connection>> readable_;
  std::condition_variable some_readable_;
};

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_HTTP_CONNECTIONS_H_
