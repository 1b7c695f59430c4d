// SPDX-License-Identifier: Apache-2.0

// A server in miniature: hooks, a callback at exit, a temp dir, a session.
#include <cstdio>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "scratch.h"
#include "session.h"

int main() {
  const auto installed = finalize::InstallExitHooks();
  if (!installed.ok()) return 1;
  finalize::AtExit("flush", [] { std::puts("flushed"); });
  if (consumer::NewScratchDir().empty()) return 1;
  consumer::Session session("ann");
  session.OnEnd(
      [](const std::string& user) { std::printf("%s left\n", user.c_str()); });
  return 0;
}
