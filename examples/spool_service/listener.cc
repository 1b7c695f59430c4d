// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace spool_service {
namespace {

absl::StatusOr<int> Inherited(int fd) {
  const std::string argument = absl::StrCat("--inherit-listener=", fd);
  int listens = 0;
  socklen_t size = sizeof(listens);
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) {
    return absl::ErrnoToStatus(errno, argument);
  }
  if (listens == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(argument, ": not listening"));
  }
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
      fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
    return absl::ErrnoToStatus(errno, argument);
  }
  return fd;
}

}  // namespace

absl::StatusOr<int> OpenListener(const Settings& settings) {
  if (settings.inherited_listener >= 0) {
    return Inherited(settings.inherited_listener);
  }
  const std::string argument =
      absl::StrCat("--listen=", settings.address, ":", settings.port);
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(settings.address.c_str(), settings.port.c_str(),
                                &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(argument, ": ", gai_strerror(error)));
  }
  const int fd =
      socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  const bool listens =
      fd >= 0 &&
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
      bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
      listen(fd, SOMAXCONN) == 0;
  const int bind_error = errno;
  freeaddrinfo(found);
  if (listens) return fd;
  if (fd >= 0) close(fd);
  return absl::ErrnoToStatus(bind_error, argument);
}

std::string ListenerName(int listener) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (getsockname(listener, generic, &size) != 0 ||
      getnameinfo(generic, size, host, sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  return address.ss_family == AF_INET6 ? absl::StrCat("[", host, "]:", port)
                                       : absl::StrCat(host, ":", port);
}

}  // namespace spool_service
