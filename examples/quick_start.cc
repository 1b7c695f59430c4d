#include <cstdio>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/lifetime.h"

struct Session {
  finalize::Lifetime lifetime;
};

int main() {
  auto flush = finalize::AtExit("flush", [](const std::string& log) {
    return std::printf("flushed %s\n", log.c_str());
  }, std::string("today.log"));
  Session* leaked = new Session;  // nobody deletes it
  finalize::OnDestroy(leaked->lifetime, [] { std::puts("bob left"); });
  {
    Session ann;
    finalize::OnDestroy(ann.lifetime, [] { std::puts("ann left"); });
  }
  flush.Run();  // now, and not again at exit
  std::puts("main ends");
}
