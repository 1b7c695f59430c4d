// SPDX-License-Identifier: Apache-2.0

#include "tests/support/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/support/send_signal.h"

extern char** environ;

namespace finalize_test {
namespace {

long long NowMillis() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void Require(bool condition, const char* what) {
  if (condition) return;
  perror(what);
  abort();
}

struct Pipe {
  Pipe() { Require(pipe2(ends, O_CLOEXEC) == 0, "pipe2"); }
  int ends[2];
};

std::vector<std::string> Environment(const ChildOptions& options) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const bool replaced = std::any_of(
        options.environment.begin(), options.environment.end(),
        [&](const auto& added) {
          return text.substr(0, added.first.size() + 1) == added.first + "=";
        });
    if (!replaced) all.emplace_back(text);
  }
  for (const auto& [name, value] : options.environment) {
    all.push_back(name + "=" + value);
  }
  // ThreadSanitizer would let each child sleep for a second at its end.
  for (std::string& entry : all) {
    if (entry.rfind("TSAN_OPTIONS=", 0) != 0) continue;
    entry += ":atexit_sleep_ms=0";
    if (options.handlers_exit) entry += ":report_signal_unsafe=0";
  }
  return all;
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& s : strings) {
    pointers.push_back(const_cast<char*>(s.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

// Ignored and blocked signals are inherited: a child starts with none.
void SetDefaults(posix_spawnattr_t* attributes) {
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setpgroup(attributes, 0);
  posix_spawnattr_setsigdefault(attributes, &all);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
                                           POSIX_SPAWN_SETSIGDEF |
                                           POSIX_SPAWN_SETSIGMASK);
}

}  // namespace

bool ChildResult::Exited(int code) const {
  return !limit_passed && WIFEXITED(status) && WEXITSTATUS(status) == code;
}

bool ChildResult::Killed(int signal) const {
  return !limit_passed && WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

std::ostream& operator<<(std::ostream& stream, const ChildResult& result) {
  if (result.limit_passed) {
    stream << "killed at the limit";
  } else if (WIFEXITED(result.status)) {
    stream << "exited with " << WEXITSTATUS(result.status);
  } else {
    stream << "ended by signal " << WTERMSIG(result.status);
  }
  return stream << "\n--- output:\n"
                << result.out << "--- error:\n"
                << result.err << "---\n";
}

ChildProcess::ChildProcess(const std::vector<std::string>& arguments,
                           const ChildOptions& options)
    : limit_(NowMillis() + options.kill_limit * 1000LL) {
  Pipe in, out, err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.ends[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  SetDefaults(&attributes);
  const std::vector<std::string> environment = Environment(options);
  errno = posix_spawn(&pid_, arguments[0].c_str(), &actions, &attributes,
                      Pointers(arguments).data(), Pointers(environment).data());
  Require(errno == 0, arguments[0].c_str());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(in.ends[0]);
  close(out.ends[1]);
  close(err.ends[1]);
  input_ = in.ends[1];
  outputs_[0] = out.ends[0];
  outputs_[1] = err.ends[0];
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  KillGroup();
  Await();
}

bool ChildProcess::AwaitOutput(std::string_view text) {
  return AwaitText(result_.out, text);
}

bool ChildProcess::AwaitError(std::string_view text) {
  return AwaitText(result_.err, text);
}

bool ChildProcess::AwaitText(const std::string& read, std::string_view text) {
  while (read.find(text) == std::string::npos) {
    if (!ReadSome()) return false;
  }
  return true;
}

void ChildProcess::Send(std::string_view text) {
  Require(write(input_, text.data(), text.size()) ==
              static_cast<ssize_t>(text.size()),
          "write to a child");
}

void ChildProcess::CloseInput() {
  if (input_ >= 0) close(input_);
  input_ = -1;
}

void ChildProcess::Signal(int signal) { SendSignal(pid_, signal); }

void ChildProcess::SignalGroup(int signal) { SendToGroup(pid_, signal); }

bool ChildProcess::IsRunning() const {
  siginfo_t ended = {};
  Require(waitid(P_PID, static_cast<id_t>(pid_), &ended,
                 WEXITED | WNOHANG | WNOWAIT) == 0,
          "waitid");
  return ended.si_pid == 0;
}

ChildResult ChildProcess::Await() {
  CloseInput();
  while (ReadSome()) {
  }
  AwaitEnd();
  pid_t waited;
  do {
    waited = waitpid(pid_, &result_.status, 0);
  } while (waited < 0 && errno == EINTR);
  Require(waited == pid_, "waitpid");
  pid_ = -1;
  return std::move(result_);
}

bool ChildProcess::ReadSome() {
  pollfd polled[2] = {{outputs_[0], POLLIN, 0}, {outputs_[1], POLLIN, 0}};
  if (outputs_[0] < 0 && outputs_[1] < 0) return false;
  const long long left = limit_ - NowMillis();
  if (left <= 0 && !result_.limit_passed) {
    result_.limit_passed = true;
    KillGroup();
  }
  poll(polled, 2, left > 0 ? static_cast<int>(left) : -1);
  std::string* const texts[2] = {&result_.out, &result_.err};
  for (int i = 0; i < 2; ++i) {
    if (outputs_[i] < 0 || polled[i].revents == 0) continue;
    char buffer[4096];
    const ssize_t size = read(outputs_[i], buffer, sizeof(buffer));
    if (size > 0) {
      texts[i]->append(buffer, static_cast<size_t>(size));
    } else if (size == 0 || errno != EINTR) {
      close(outputs_[i]);
      outputs_[i] = -1;
    }
  }
  return true;
}

// For a child that closes its outputs long before it ends.
void ChildProcess::AwaitEnd() {
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  Require(process >= 0, "pidfd_open");
  pollfd polled = {process, POLLIN, 0};
  long long left = 1;
  while (!result_.limit_passed && (left = limit_ - NowMillis()) > 0 &&
         poll(&polled, 1, static_cast<int>(left)) <= 0) {
  }
  close(process);
  if (left <= 0) {
    result_.limit_passed = true;
    KillGroup();
  }
}

void ChildProcess::KillGroup() { SendToGroup(pid_, SIGKILL); }

ChildResult RunChild(const std::vector<std::string>& arguments,
                     const ChildOptions& options) {
  return ChildProcess(arguments, options).Await();
}

std::string HelperPath(const std::string& name) {
  const char* runfiles = getenv("TEST_SRCDIR");
  const char* workspace = getenv("TEST_WORKSPACE");
  const char* binary = getenv("TEST_BINARY");
  std::string test;
  if (runfiles != nullptr && workspace != nullptr && binary != nullptr) {
    test = std::string(runfiles) + "/" + workspace + "/" + binary;
  } else {
    // The test was started by hand: the file is beside it in the build.
    char self[PATH_MAX];
    const ssize_t size = readlink("/proc/self/exe", self, sizeof self);
    if (size > 0) test.assign(self, static_cast<size_t>(size));
  }
  std::string room = test.substr(0, test.rfind('/'));
  if (name.find('/') != std::string::npos) room.erase(room.rfind('/'));
  return room + "/" + name;
}

}  // namespace finalize_test
