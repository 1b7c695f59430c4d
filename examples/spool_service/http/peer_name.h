// SPDX-License-Identifier: Apache-2.0

#ifndef EXAMPLES_SPOOL_SERVICE_HTTP_PEER_NAME_H_
#define EXAMPLES_SPOOL_SERVICE_HTTP_PEER_NAME_H_

#include <sys/socket.h>

#include <string>

namespace spool_service {

// Returns text such as "127.0.0.1:4711".
std::string PeerName(const sockaddr_storage& address, socklen_t size);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_HTTP_PEER_NAME_H_
