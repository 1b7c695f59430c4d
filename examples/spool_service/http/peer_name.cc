// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/http/peer_name.h"

#include <netdb.h>
#include <sys/socket.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace spool_service {

std::string PeerName(const sockaddr_storage& address, socklen_t size) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host,
                  sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  return absl::StrCat(host, ":", port);
}

}  // namespace spool_service
