// SPDX-License-Identifier: Apache-2.0

// What std::atexit cannot do: arguments, a name, and a way back.
// docs/cookbook.md quotes it.
#include <cstdio>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/finalizer.h"

void Flush(const std::string& file) {
  std::printf("flushed %s\n", file.c_str());
}

int main() {
  // Before: std::atexit(FlushAll), with the files in a global variable.
  finalize::AtExit("flush journal", Flush, std::string("journal"));
  finalize::Finalizer<> draft =
      finalize::AtExit("flush draft", Flush, std::string("draft"));
  finalize::Finalizer<> log =
      finalize::AtExit("flush log", Flush, std::string("log"));
  log.Run();       // now, and not at exit
  draft.Cancel();  // never
  std::puts("main ends");
}
