// SPDX-License-Identifier: Apache-2.0

// Notes about objects of a class that cannot be changed; each is destroyed with
// its object. docs/cookbook.md quotes it.
#include <cstdio>
#include <memory>
#include <string>

#include "finalize/weak_key_map.h"

struct Connection {};  // another library's

int main() {
  finalize::WeakKeyMap<Connection, std::string> peers;
  auto first = std::make_shared<Connection>();
  auto second = std::make_shared<Connection>();
  peers.insert_or_assign(first, "alice");
  peers.insert_or_assign(second, "bob");
  if (finalize::PinnedValue<std::string> peer = peers.Get(first)) {
    std::printf("first: %s\n", peer->c_str());
  }
  first.reset();
  std::printf("left: %zu\n", peers.size());
  for (const auto& [connection, peer] : peers) std::puts(peer.c_str());
}
