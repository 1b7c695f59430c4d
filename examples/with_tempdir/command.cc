#include "examples/with_tempdir/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace with_tempdir {
namespace {

constexpr int kCannotExecute = 126;
constexpr int kNoCommand = 127;

bool IsIgnored(int number) {
  struct sigaction action;
  return sigaction(number, nullptr, &action) == 0 &&
         action.sa_handler == SIG_IGN;
}

// The root that the directory lies in is in use as long as the command, or
// what it leaves running, has this descriptor.
void HoldRoot(const std::string& directory) {
  constexpr int kClearOfScripts = 10;
  const std::string root = directory.substr(0, directory.rfind('/'));
  const int fd = open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int held = fd < 0 ? -1 : fcntl(fd, F_DUPFD, kClearOfScripts);
  if (held >= 0) flock(held, LOCK_SH | LOCK_NB);
  if (fd >= 0) close(fd);
}

[[noreturn]] void Execute(char** command, const std::string& directory,
                          const Signals& signals, int report) {
  HoldRoot(directory);
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

Signals::Signals() : child_was_ignored_(IsIgnored(SIGCHLD)) {
  // Ignored, it would take the command's ending with it.
  signal(SIGCHLD, SIG_DFL);
  sigemptyset(&held_);
  for (int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2}) {
    if (!IsIgnored(number)) sigaddset(&held_, number);
  }
  sigaddset(&held_, SIGCHLD);
  sigprocmask(SIG_BLOCK, &held_, &before_);
}

void Signals::Restore() const {
  if (child_was_ignored_) signal(SIGCHLD, SIG_IGN);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int Signals::PassOnUntilEnd(pid_t child) const {
  for (;;) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) return status;
    siginfo_t info;
    const int number = sigwaitinfo(&held_, &info);
    // A terminal has sent it to the command as well.
    if (number > 0 && number != SIGCHLD && info.si_code != SI_KERNEL) {
      kill(child, number);
    }
  }
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
                  const Signals& signals) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return NotStarted(command[0], errno);
  const pid_t child = fork();
  if (child == 0) Execute(command, directory, signals, report[1]);
  const int fork_error = errno;
  close(report[1]);
  int error = child < 0 ? fork_error : 0;
  ssize_t told;
  do {
    told = child < 0 ? 0 : read(report[0], &error, sizeof error);
  } while (told < 0 && errno == EINTR);
  close(report[0]);
  const int status = child < 0 ? 0 : signals.PassOnUntilEnd(child);
  if (error != 0) return NotStarted(command[0], error);
  Ending ending;
  if (WIFEXITED(status)) ending.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
  return ending;
}

}  // namespace with_tempdir
