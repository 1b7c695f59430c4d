// SPDX-License-Identifier: Apache-2.0

// A LingeringProcess runs a function and then waits until it is killed.
//
//   LingeringProcess owner([](int out) {
//     Abandon(Make<TempDir>());
//     (void)!write(out, "", 1);  // ready
//   });
//   ASSERT_TRUE(owner.AwaitByte());
//   owner.Kill();
//
// Confined to one thread.

#ifndef TESTS_SUPPORT_LINGERING_PROCESS_H_
#define TESTS_SUPPORT_LINGERING_PROCESS_H_

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "tests/support/forked.h"
#include "tests/support/send_signal.h"

namespace finalize_test {

class LingeringProcess {
 public:
  // `body` and processes that it forks may write to `out`.
  explicit LingeringProcess(const std::function<void(int out)>& body) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) abort();
    pid_ = finalize_test::Forked(fork());
    if (pid_ == 0) {
      body(ends[1]);
      for (;;) pause();
    }
    close(ends[1]);
    from_it_ = ends[0];
  }
  ~LingeringProcess() {
    Kill();
    close(from_it_);
  }
  LingeringProcess(const LingeringProcess&) = delete;
  LingeringProcess& operator=(const LingeringProcess&) = delete;

  // Waits for a byte from it. Returns false if no process is left that could
  // write one.
  bool AwaitByte() {
    char byte;
    return read(from_it_, &byte, 1) == 1;
  }
  // The same for a line. Returns an empty string if none came.
  std::string AwaitLine() {
    std::string line;
    char byte;
    while (read(from_it_, &byte, 1) == 1 && byte != '\n') line.push_back(byte);
    return line;
  }

  // Kills it, and returns when it has ended.
  void Kill() {
    if (pid_ < 0) return;
    finalize_test::SendSignal(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  int from_it_ = -1;
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_LINGERING_PROCESS_H_
