// SPDX-License-Identifier: Apache-2.0

// An object that is used until the very end, and closed before it.
// docs/cookbook.md quotes it.
#include <cstdio>

#include "finalize/at_exit.h"
#include "finalize/options.h"

class Log {
 public:
  void Write(const char* line) {
    std::printf("%s: %s\n", open_ ? "log" : "closed", line);
  }
  void Close() { open_ = false; }

 private:
  bool open_ = true;
};

// Before: static Log log; return log; which exit() destroys while other
// threads, and destructors of other static objects, still use it.
Log& TheLog() {
  static Log* const log = [] {
    Log* const created = new Log;  // never destroyed
    finalize::AtExit(
        finalize::Options("close log").set_phase(finalize::kReleasePhase),
        [created] {
          created->Write("last line");
          created->Close();
        });
    return created;
  }();
  return *log;
}

struct Server {
  ~Server() {
    TheLog().Write("the server is destroyed");
  }  // valid, though late
} server;

int main() {
  finalize::AtExit("stop", [] { TheLog().Write("stop"); });
  TheLog().Write("main ends");
}
