// SPDX-License-Identifier: Apache-2.0

// Which callback hangs, and what waits behind it. docs/cookbook.md quotes it.
#include <cstdio>
#include <future>
#include <thread>

#include "finalize/at_exit.h"
#include "finalize/finalizer.h"
#include "finalize/inspect.h"

std::promise<void> started;
std::promise<void> answer;

// What a debug page, or a handler of SIGUSR1 on its own thread, would show.
void ShowState() {
  for (const finalize::RunningInfo& running : finalize::Running()) {
    std::printf("running: %s\n", running.name.c_str());
  }
  for (const finalize::PendingPlace& place : finalize::PendingByPlace()) {
    std::printf("pending from one line: %zu\n", place.count);
  }
}

int main() {
  finalize::Finalizer<> flush = finalize::AtExit("flush metrics", [] {
    started.set_value();
    answer.get_future().wait();  // hangs, until the peer answers
  });
  for (int i = 0; i < 3; ++i) finalize::AtExit("close file", [] {});

  std::thread worker([flush] { flush.Run(); });
  started.get_future().wait();
  ShowState();
  answer.set_value();
  worker.join();
}
