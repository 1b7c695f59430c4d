// SteppedProcess: a process that stops at the entry and at the exit of every
// system call that it makes.
//
//   SteppedProcess process(body);
//   if (process.RunToStop(17)) process.Kill();
//
// Only its first thread is stepped. Confined to one thread, which is its
// tracer.

#ifndef TESTS_STEPPED_PROCESS_H_
#define TESTS_STEPPED_PROCESS_H_

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace temp_dir_fixture {

class SteppedProcess {
 public:
  // `body` begins when it is run; after it the process leaves by _exit(0).
  explicit SteppedProcess(const std::function<void()>& body) : pid_(fork()) {
    if (pid_ == 0) {
      ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      raise(SIGSTOP);
      body();
      _exit(0);
    }
    waitpid(pid_, &status_, __WALL);
    ptrace(PTRACE_SETOPTIONS, pid_, nullptr,
           PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  }
  ~SteppedProcess() { Kill(); }
  SteppedProcess(const SteppedProcess&) = delete;
  SteppedProcess& operator=(const SteppedProcess&) = delete;

  // Goes on to the system call stop of this number, from 0. False if it ended
  // before.
  bool RunToStop(int number) {
    for (int signal = 0, seen = 0; seen <= number;) {
      if (!Step(PTRACE_SYSCALL, signal)) return false;
      const bool at_call = WSTOPSIG(status_) == (SIGTRAP | 0x80);
      signal = at_call ? 0 : WSTOPSIG(status_);
      seen += at_call;
    }
    return true;
  }
  void RunToEnd() {
    for (int signal = 0; Step(PTRACE_CONT, signal);) {
      signal = WSTOPSIG(status_);
    }
  }
  void Kill() {
    if (ended()) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, &status_, __WALL);
  }
  bool ended() const { return !WIFSTOPPED(status_); }
  // Whether it ended by itself, and well.
  bool succeeded() const { return WIFEXITED(status_) && status_ == 0; }

 private:
  // Returns false if it has ended.
  bool Step(__ptrace_request how, int signal) {
    if (ended()) return false;
    ptrace(how, pid_, nullptr, signal);
    waitpid(pid_, &status_, __WALL);
    return !ended();
  }

  const pid_t pid_;
  int status_ = 0;
};

}  // namespace temp_dir_fixture

#endif  // TESTS_STEPPED_PROCESS_H_
