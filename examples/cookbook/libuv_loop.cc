// SPDX-License-Identifier: Apache-2.0

// A libuv loop that learns of SIGTERM by a descriptor, and finishes its work.
// docs/cookbook.md quotes it.
#include <unistd.h>
#include <uv.h>

#include <cstdio>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"

// Closes everything that brings new work. The loop ends when all is closed and
// what is under way is finished.
void StopAccepting(uv_loop_t* loop) {
  uv_walk(
      loop, [](uv_handle_t* handle, void*) { uv_close(handle, nullptr); },
      nullptr);
}

void OnInput(uv_poll_t* input, int, int) {
  char request[512];
  const ssize_t size = read(STDIN_FILENO, request, sizeof request);
  if (size <= 0) return StopAccepting(input->loop);  // the end of the input
  std::printf("answer to %.*s", static_cast<int>(size), request);
}

void OnShutdown(uv_poll_t* shutdown, int, int) {
  StopAccepting(shutdown->loop);
}

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  finalize::ExitHooks hooks;
  hooks.shutdown_descriptor = true;
  if (!finalize::InstallExitHooks(hooks).ok()) return 1;
  finalize::AtExit("close", [] { std::puts("the listener is closed"); });

  uv_loop_t* const loop = uv_default_loop();
  uv_poll_t shutdown, input;
  uv_poll_init(loop, &shutdown, finalize::ShutdownDescriptor());
  uv_poll_start(&shutdown, UV_READABLE, OnShutdown);
  uv_poll_init(loop, &input, STDIN_FILENO);
  uv_poll_start(&input, UV_READABLE, OnInput);
  std::puts("ready");
  uv_run(loop, UV_RUN_DEFAULT);

  std::puts("the loop ends");
  if (const int signal = finalize::ShutdownSignal()) {
    finalize::EndBySignal(signal);
  }
}
