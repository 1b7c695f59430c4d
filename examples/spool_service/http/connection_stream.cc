// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/http/connection_stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace spool_service {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kBlock = 16384;
constexpr size_t kMaxUnsent = 65536;
constexpr milliseconds kLinger{1000};

}  // namespace

ConnectionStream::ConnectionStream(Connection* connection,
                                   milliseconds patience)
    : connection_(connection),
      patience_(patience),
      deadline_(steady_clock::now() + patience) {}

bool ConnectionStream::IsReadable() const {
  return position_ < connection_->unread.size() || Waits(POLLIN);
}

bool ConnectionStream::IsWritable() const { return Waits(POLLOUT); }

ssize_t ConnectionStream::Read(char* data, size_t size) {
  std::string& unread = connection_->unread;
  if (position_ == unread.size()) {
    position_ = 0;
    unread.resize(kBlock);
    const ssize_t received = Receive(unread.data(), kBlock);
    unread.resize(received > 0 ? static_cast<size_t>(received) : 0);
    if (received <= 0) return received;
  }
  const bool in_line = size == 1;
  size = std::min(size, unread.size() - position_);
  if (CountsTooMuch(in_line, unread.data() + position_, size)) return -1;
  std::memcpy(data, unread.data() + position_, size);
  position_ += size;
  return static_cast<ssize_t>(size);
}

// httplib keeps the whole head in memory, and any line.
bool ConnectionStream::CountsTooMuch(bool in_line, const char* data,
                                     size_t size) {
  if (deadline_) head_size_ += size;
  line_size_ = in_line && *data != '\n' ? line_size_ + 1 : 0;
  return head_size_ > kMaxHead || line_size_ > kMaxHead;
}

bool ConnectionStream::Write(const char* data, size_t size) {
  const absl::string_view text(data, size);
  unsent_.append(data, size);
  // 100 Continue is no answer yet: the client waits for it before it sends the
  // body. Its last line, which is empty, may be written by itself.
  if (absl::StartsWith(text, "HTTP/1.1 100 ")) interim_ = true;
  const bool now = interim_ || unsent_.size() >= kMaxUnsent;
  if (text == "\r\n" || absl::EndsWith(text, "\r\n\r\n")) interim_ = false;
  return !now || Flush();
}

bool ConnectionStream::End() {
  connection_->unread.erase(0, position_);
  return Flush();
}

void ConnectionStream::AwaitClose() {
  shutdown(connection_->fd, SHUT_WR);
  deadline_ = steady_clock::now() + kLinger;
  char dropped[kBlock];
  while (Receive(dropped, sizeof(dropped)) > 0) {
  }
}

bool ConnectionStream::Flush() {
  size_t done = 0;
  while (done < unsent_.size()) {
    const ssize_t sent = send(connection_->fd, unsent_.data() + done,
                              unsent_.size() - done, MSG_NOSIGNAL);
    if (sent >= 0) {
      done += static_cast<size_t>(sent);
    } else if (errno != EINTR && (errno != EAGAIN || !Waits(POLLOUT))) {
      return false;
    }
  }
  unsent_.clear();
  return true;
}

ssize_t ConnectionStream::Receive(char* data, size_t size) {
  for (;;) {
    if (TimeLeft() <= milliseconds(0)) return -1;
    const ssize_t received = recv(connection_->fd, data, size, 0);
    if (received >= 0) return received;
    if (errno != EINTR && (errno != EAGAIN || !Waits(POLLIN))) return -1;
  }
}

bool ConnectionStream::Waits(short events) const {
  pollfd polled = {connection_->fd, events, 0};
  return poll(&polled, 1, static_cast<int>(TimeLeft().count())) > 0;
}

milliseconds ConnectionStream::TimeLeft() const {
  if (!deadline_) return patience_;
  const auto left = std::chrono::duration_cast<milliseconds>(
      *deadline_ - steady_clock::now());
  return std::max(left, milliseconds(0));
}

}  // namespace spool_service
