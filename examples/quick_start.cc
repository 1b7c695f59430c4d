// SPDX-License-Identifier: Apache-2.0

#include <cstdio>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/lifetime.h"

struct Session {
  finalize::Lifetime lifetime;
};

void Flush(const std::string& log) { std::printf("flushed %s\n", log.c_str()); }

int main() {
  auto flush = finalize::AtExit("flush", Flush, std::string("today.log"));
  Session* leaked = new Session;  // never deleted
  finalize::OnDestroy(leaked->lifetime, [] { std::puts("bob left"); });
  {
    Session ann;
    finalize::OnDestroy(ann.lifetime, [] { std::puts("ann left"); });
  }
  flush.Run();  // now, and not again at exit
  std::puts("main ends");
}
