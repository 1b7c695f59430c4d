// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/http/connections.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "examples/spool_service/http/peer_name.h"

namespace spool_service {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kKeepAlive{15000};
// How long a client that has just connected may take for its first byte when
// the service ends.
constexpr milliseconds kFirstByte{500};

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

int Checked(int fd, const char* what) {
  if (fd < 0) Die(what);
  return fd;
}

// How many connections may wait for a request. The other half of the
// descriptors is for the requests themselves.
size_t MostIdle() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur / 2;
}

bool IsReadable(int fd) {
  pollfd polled = {fd, POLLIN, 0};
  return poll(&polled, 1, 0) > 0;
}

}  // namespace

Connections::Connections(int listener, Admit admit, Answer answer)
    : listener_(listener),
      epoll_(Checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(Checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      admit_(std::move(admit)),
      answer_(std::move(answer)) {
  for (int fd : {listener_, wake_}) {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) Die("epoll_ctl");
  }
}

void Connections::Start(int threads, std::function<void()> prepare) {
  for (int i = 0; i < threads; ++i) {
    std::thread([this, prepare] {
      if (prepare != nullptr) prepare();
      Work();
    }).detach();
  }
  watcher_ = std::thread([this] { Watch(); });
}

void Connections::StopAccepting() {
  stopping_ = true;
  const uint64_t one = 1;
  if (write(wake_, &one, sizeof(one)) != sizeof(one)) Die("eventfd");
  watcher_.join();
}

// --- the thread that waits ---

void Connections::Watch() {
  while (!stopping_) {
    HandleEvents(1000);
    CloseIdle(kKeepAlive);
  }
  LastRound();
}

// Returns how many there were: as many as it asks for, or all.
int Connections::HandleEvents(int timeout_ms) {
  epoll_event events[64];
  const int count = epoll_wait(epoll_, events, 64, timeout_ms);
  for (int i = 0; i < count; ++i) {
    const int fd = events[i].data.fd;
    if (fd == listener_) {
      Accept();
    } else if (fd != wake_) {
      Hand(fd);
    }
  }
  return count;
}

// Returns whether there was one. Another process may have been faster.
bool Connections::Accept() {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  const int fd = accept4(listener_, reinterpret_cast<sockaddr*>(&address),
                         &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    // No descriptors: the next requests to end give some back.
    if (errno == EMFILE || errno == ENFILE) usleep(1000);
    return errno == EINTR || errno == ECONNABORTED;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  auto connection = std::make_unique<Connection>();
  connection->fd = fd;
  connection->peer = PeerName(address, size);
  connection->idle_since = steady_clock::now();
  const Lock lock(mutex_);
  if (idle_.size() >= MostIdle()) CloseOldest();
  idle_[fd] = std::move(connection);
  if (!WaitFor(fd, EPOLL_CTL_ADD)) {
    idle_.erase(fd);
    close(fd);
  }
  return true;
}

// Looks for the next request of a connection, once.
bool Connections::WaitFor(int fd, int operation) {
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
  event.data.fd = fd;
  return epoll_ctl(epoll_, operation, fd, &event) == 0;
}

// Gives a readable connection to the threads that answer.
void Connections::Hand(int fd) {
  const Lock lock(mutex_);
  const auto found = idle_.find(fd);
  if (found == idle_.end()) return;
  std::unique_ptr<Connection> connection = std::move(found->second);
  idle_.erase(found);
  if (admit_ != nullptr) {
    connection->ticket =
        admit_(absl::StrCat("a request of ", connection->peer));
    if (connection->ticket == nullptr) {
      close(fd);
      return;
    }
  }
  readable_.push_back(std::move(connection));
  some_readable_.notify_one();
}

void Connections::CloseIdle(milliseconds limit) {
  const steady_clock::time_point since = steady_clock::now() - limit;
  const Lock lock(mutex_);
  for (auto it = idle_.begin(); it != idle_.end();) {
    if (it->second->idle_since <= since) {
      close(it->first);
      it = idle_.erase(it);
    } else {
      ++it;
    }
  }
}

void Connections::CloseOldest() {
  const auto oldest = std::min_element(
      idle_.begin(), idle_.end(), [](const auto& one, const auto& other) {
        return one.second->idle_since < other.second->idle_since;
      });
  if (oldest == idle_.end()) return;
  close(oldest->first);
  idle_.erase(oldest);
}

void Connections::LastRound() {
  while (Accept()) {
  }
  // What other processes accept is not this one's concern.
  epoll_ctl(epoll_, EPOLL_CTL_DEL, listener_, nullptr);
  epoll_ctl(epoll_, EPOLL_CTL_DEL, wake_, nullptr);
  close(listener_);
  {
    const Lock lock(mutex_);
    closed_ = true;
  }
  const steady_clock::time_point end = steady_clock::now() + kFirstByte;
  for (;;) {
    while (HandleEvents(0) > 0) continue;
    const auto left =
        std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0 || !SomeNew()) break;
    HandleEvents(static_cast<int>(left.count()));
  }
  CloseIdle(milliseconds(0));
}

// Whether there is a connection that has not been answered yet.
bool Connections::SomeNew() {
  const Lock lock(mutex_);
  for (const auto& [fd, connection] : idle_) {
    if (!connection->answered) return true;
  }
  return false;
}

// --- the threads that answer ---

void Connections::Work() {
  for (;;) {
    std::unique_ptr<Connection> connection = NextReadable();
    bool stays_open = answer_(connection.get());
    connection->answered = true;
    while (stays_open && !connection->unread.empty()) {
      stays_open = answer_(connection.get());
    }
    if (stays_open) {
      GiveBack(std::move(connection));
    } else {
      close(connection->fd);
      connection->ticket.reset();
    }
  }
}

std::unique_ptr<Connection> Connections::NextReadable() {
  std::unique_lock<std::mutex> lock(mutex_);
  some_readable_.wait(lock, [this] { return !readable_.empty(); });
  std::unique_ptr<Connection> connection = std::move(readable_.front());
  readable_.pop_front();
  return connection;
}

void Connections::GiveBack(std::unique_ptr<Connection> connection) {
  const int fd = connection->fd;
  Ticket ticket = std::move(connection->ticket);
  connection->idle_since = steady_clock::now();
  const Lock lock(mutex_);
  if (closed_ && IsReadable(fd)) {
    // Its next request was sent before the client could know of the end.
    connection->ticket = std::move(ticket);
    readable_.push_back(std::move(connection));
    some_readable_.notify_one();
  } else if (closed_ || !WaitFor(fd, EPOLL_CTL_MOD)) {
    close(fd);
  } else {
    idle_[fd] = std::move(connection);
  }
}

}  // namespace spool_service
