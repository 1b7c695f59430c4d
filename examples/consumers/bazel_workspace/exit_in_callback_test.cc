// SPDX-License-Identifier: Apache-2.0

// A callback of a registry calls exit(), which destroys that registry: the
// process ends with the status of that exit().
#include <cstdio>
#include <cstdlib>

#include "finalize/registry.h"

namespace {

// Destroyed by exit().
finalize::Registry& Requests() {
  static finalize::Registry registry;
  return registry;
}

}  // namespace

int main() {
  Requests().Register([] { std::puts("the rest runs"); });
  Requests().Register([] { std::exit(0); });
  Requests().Drain();
  return 1;  // not reached
}
