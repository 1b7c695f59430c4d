// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/predecessor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace spool_service {

Predecessor::Predecessor() {
  const char* const text = std::getenv(kPredecessorVariable);
  if (text == nullptr) return;
  socket_ = std::atoi(text);
  unsetenv(kPredecessorVariable);
  fcntl(socket_, F_SETFD, FD_CLOEXEC);
  // A supervisor may send its signals to that group.
  setpgid(0, getpgid(getppid()));
}

bool Predecessor::HandsOver() {
  if (socket_ < 0) return true;
  char word = 0;
  // If the predecessor has ended, receiving says so, too.
  send(socket_, &kServes, 1, MSG_NOSIGNAL);
  while (recv(socket_, &word, 1, 0) < 0 && errno == EINTR) {
  }
  Forget();
  return word == kGoOn;
}

void Predecessor::Forget() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

}  // namespace spool_service
