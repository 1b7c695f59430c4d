// SPDX-License-Identifier: Apache-2.0

// A program that uses both libraries, and ends as its argument says:
//
//   service exit | term | crash | fork
//
// The projects beside it build this file, and check_ends runs the program.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/exit_in_child.h"
#include "finalize/lifetime.h"
#include "tempdir/temp_dir.h"

namespace {

struct Session {
  finalize::Lifetime lifetime;
};

void Say(const char* text) {
  std::puts(text);
  std::fflush(stdout);
}

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "service: %s\n", what);
  std::_Exit(70);
}

// A child runs nothing that it inherited: its own callback only.
void Fork() {
  const pid_t child = fork();
  if (child == 0) {
    finalize::AtExit([] { Say("child ends"); });
    finalize::ExitInChild(0);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0)
    Fail("the child failed");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string end = argc == 2 ? argv[1] : "";
  finalize::ExitHooks hooks;
  hooks.crash = true;
  if (!finalize::InstallExitHooks(hooks).ok()) Fail("no exit hooks");

  auto dir = tempdir::TempDir::Create();
  if (!dir.ok()) Fail("no temp dir");
  const std::string file = (dir->path() / "scratch").string();
  std::FILE* scratch = std::fopen(file.c_str(), "w");
  if (scratch == nullptr) Fail("no file in the temp dir");
  std::fputs("data", scratch);
  std::fclose(scratch);

  finalize::AtExit([] { Say("process ends"); });
  {
    Session session;
    finalize::OnDestroy(session.lifetime, [] { Say("session ends"); });
  }
  if (end == "term") {
    raise(SIGTERM);
    for (;;) pause();  // another thread ends the process, by the signal
  }
  if (end == "crash") raise(SIGSEGV);
  if (end == "fork") Fork();
  std::exit(end == "exit" || end == "fork" ? 3 : 64);
}
