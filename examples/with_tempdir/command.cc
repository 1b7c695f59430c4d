// SPDX-License-Identifier: Apache-2.0

#include "examples/with_tempdir/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "examples/send_signal.h"
#include "examples/with_tempdir/reaper.h"

namespace with_tempdir {
namespace {

constexpr int kCannotExecute = 126;
constexpr int kNoCommand = 127;

bool IsIgnored(int number) {
  struct sigaction action;
  return sigaction(number, nullptr, &action) == 0 &&
         action.sa_handler == SIG_IGN;
}

// Whether the signal is for this process alone: its own fault, or job control,
// which reaches the command by itself.
bool IsOwn(int number) {
  for (int own :
       {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGKILL, SIGSTOP,
        SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGURG, SIGWINCH}) {
    if (number == own) return true;
  }
  return false;
}

std::string ParentOf(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

// Marks the root of the directory as in use, as long as the command, or a
// process that it leaves running, has this descriptor.
void HoldRoot(const std::string& directory) {
  constexpr int kClearOfScripts = 10;
  const std::string root = ParentOf(directory);
  const int fd = open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int held = fd < 0 ? -1 : fcntl(fd, F_DUPFD, kClearOfScripts);
  if (held >= 0) flock(held, LOCK_SH | LOCK_NB);
  if (fd >= 0) close(fd);
}

// A pipe between this process and its child, until the child executes the
// command.
struct Pipe {
  Pipe() : made(pipe2(ends, O_CLOEXEC) == 0) {}
  ~Pipe() {
    for (int which : {0, 1}) Close(which);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void Close(int which) {
    if (ends[which] >= 0) close(ends[which]);
    ends[which] = -1;
  }

  int ends[2] = {-1, -1};
  const bool made;
};

ssize_t Read(int fd, void* data, size_t size) {
  ssize_t result;
  do {
    result = read(fd, data, size);
  } while (result < 0 && errno == EINTR);
  return result;
}

[[noreturn]] void Execute(char** command, const std::string& directory,
                          const Signals& signals, Pipe* start, int report) {
  start->Close(1);
  HoldRoot(directory);
  // It waits for the end of the command, which this process becomes. If it does
  // not start, the other one has reported why.
  const std::string parent = ParentOf(ParentOf(directory));
  StartReaper(parent.empty() ? "/" : parent).IgnoreError();
  char go;
  if (Read(start->ends[0], &go, 1) != 1) _exit(kNoCommand);
  signals.Restore();
  if (setenv("TMPDIR", directory.c_str(), 1) == 0) {
    execvp(command[0], command);
  }
  const int error = errno;
  (void)!write(report, &error, sizeof error);
  _exit(kNoCommand);
}

Ending NotStarted(const char* command, int error) {
  Ending ending;
  ending.exit_code = error == ENOENT ? kNoCommand : kCannotExecute;
  ending.error = std::string(command) + ": " + strerror(error);
  return ending;
}

}  // namespace

Signals::Signals(char** argv) : child_was_ignored_(IsIgnored(SIGCHLD)) {
  // If it were ignored, the status of the command would be lost.
  signal(SIGCHLD, SIG_DFL);
  sigemptyset(&held_);
  for (int number = 1; number <= SIGRTMAX; ++number) {
    if (!IsOwn(number) && !IsIgnored(number)) sigaddset(&held_, number);
  }
  sigaddset(&held_, SIGCHLD);
  sigprocmask(SIG_BLOCK, &held_, &before_);
  witness_.emplace(argv);
}

void Signals::Restore() const {
  if (child_was_ignored_) signal(SIGCHLD, SIG_IGN);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void Signals::PassOnEarly(pid_t child) {
  constexpr timespec kNow = {0, 0};
  int number;
  while ((number = sigtimedwait(&held_, nullptr, &kNow)) > 0) {
    if (number == SIGCHLD || number == SIGPIPE) continue;
    witness_->Forget(number);
    examples::SendSignal(child, number);
  }
}

int Signals::PassOnUntilEnd(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, WNOHANG) != child) {
    siginfo_t info;
    const int number = sigwaitinfo(&held_, &info);
    if (number <= 0 || number == SIGCHLD) continue;
    // This process could not write to standard error.
    if (number == SIGPIPE && info.si_pid == getpid()) continue;
    const bool command_has_it =
        witness_->Saw(info) && getpgid(child) == getpgrp();
    if (!command_has_it) examples::SendSignal(child, number);
  }
  witness_.reset();
  return status;
}

int Signals::EndLike(const Ending& ending) const {
  if (ending.signal == 0) return ending.exit_code;
  // One core is enough.
  prctl(PR_SET_DUMPABLE, 0);
  signal(ending.signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, ending.signal);
  raise(ending.signal);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  return 128 + ending.signal;
}

Ending RunCommand(char** command, const std::string& directory,
                  Signals* signals) {
  Pipe start;
  Pipe report;
  if (!start.made || !report.made) return NotStarted(command[0], errno);
  const pid_t child = fork();
  if (child < 0) return NotStarted(command[0], errno);
  if (child == 0) {
    Execute(command, directory, *signals, &start, report.ends[1]);
  }
  report.Close(1);
  signals->PassOnEarly(child);
  (void)!write(start.ends[1], "", 1);
  int error = 0;
  Read(report.ends[0], &error, sizeof error);
  const int status = signals->PassOnUntilEnd(child);
  if (error != 0) return NotStarted(command[0], error);
  Ending ending;
  if (WIFEXITED(status)) ending.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
  return ending;
}

}  // namespace with_tempdir
