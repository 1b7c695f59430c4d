// SPDX-License-Identifier: Apache-2.0

#include "tests/support/stepped_process.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/forked.h"
#include "tests/support/send_signal.h"

namespace finalize_test {
namespace {

constexpr int kFamily = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                        PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;

pid_t Start(const std::function<void()>& body) {
  const pid_t pid = finalize_test::Forked(fork());
  if (pid != 0) return pid;
  ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  raise(SIGSTOP);
  body();
  _exit(0);
}

}  // namespace

SteppedProcess::SteppedProcess(const std::function<void()>& body,
                               Stepped stepped)
    : stepped_(stepped), pid_(Start(body)), tasks_({pid_}), stopped_(pid_) {
  waitpid(pid_, nullptr, __WALL);
  ptrace(PTRACE_SETOPTIONS, pid_, nullptr,
         PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL |
             (stepped == Stepped::kOthers ? kFamily : 0));
}

bool SteppedProcess::RunToStop(int number) {
  for (int seen = 0; seen <= number;) {
    if (!GoOn(true)) return false;
    seen += at_call_;
  }
  return true;
}

void SteppedProcess::RunToEnd() {
  while (GoOn(false)) {
  }
}

void SteppedProcess::Kill() {
  for (const pid_t task : tasks_) {
    // A thread no longer exists if another one has called exec.
    if (finalize_test::IsUnreapedChild(task))
      finalize_test::SendSignal(task, SIGKILL);
  }
  AwaitEnd();
}

void SteppedProcess::KillStopped() {
  if (stopped_ != 0) finalize_test::SendSignal(stopped_, SIGKILL);
}

bool SteppedProcess::GoOn(bool step) {
  Resume(step);
  return Await();
}

void SteppedProcess::Resume(bool step) {
  if (stopped_ == 0) return;
  const auto how = step && IsStepped(stopped_) ? PTRACE_SYSCALL : PTRACE_CONT;
  // It fails if the task was killed while it was stopped.
  ptrace(how, stopped_, nullptr, signal_);
  stopped_ = 0;
}

bool SteppedProcess::Await() {
  while (!tasks_.empty()) {
    int status;
    const pid_t one = stepped_ == Stepped::kFirst ? pid_ : -1;
    const pid_t task = waitpid(one, &status, __WALL);
    if (task < 0 && errno == EINTR) continue;
    if (task < 0) {
      tasks_.clear();
      break;
    }
    if (!WIFSTOPPED(status)) {
      if (task == pid_) status_ = status;
      tasks_.erase(task);
      continue;
    }
    Note(task, status);
    return true;
  }
  return false;
}

void SteppedProcess::AwaitEnd() {
  while (Await()) finalize_test::SendSignal(stopped_, SIGKILL);
}

void SteppedProcess::Note(pid_t task, int status) {
  tasks_.insert(task);
  stopped_ = task;
  at_call_ = WSTOPSIG(status) == (SIGTRAP | 0x80);
  const int event = status >> 16;
  // A task begins with SIGSTOP.
  const bool pass_on = !at_call_ && event == 0 && WSTOPSIG(status) != SIGSTOP;
  signal_ = pass_on ? WSTOPSIG(status) : 0;
  if (event == 0 || event == PTRACE_EVENT_EXEC) return;
  unsigned long started = 0;
  ptrace(PTRACE_GETEVENTMSG, task, nullptr, &started);
  if (started != 0) tasks_.insert(static_cast<pid_t>(started));
}

}  // namespace finalize_test
