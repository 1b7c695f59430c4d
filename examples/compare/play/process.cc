// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/play/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "examples/send_signal.h"

namespace compare {
namespace {

// What would make the process behave otherwise, or is set anew.
constexpr const char* kNotInherited[] = {
    "TMPDIR=", "FINALIZE_KEEP_TEMP_DIRS=", "FINALIZE_REAP="};

std::vector<std::string> Environment(const ProcessRequest& request) {
  std::vector<std::string> variables = {
      absl::StrCat("TMPDIR=", request.temp_directory), "FINALIZE_REAP=0"};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    bool inherited = true;
    for (const char* prefix : kNotInherited) {
      inherited &= !absl::StartsWith(*variable, prefix);
    }
    if (inherited) variables.push_back(*variable);
  }
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// What posix_spawn is to do besides: descriptors, signals, process group.
class SpawnSetup {
 public:
  SpawnSetup(const std::string& output, const std::string& errors, int marks) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND;
    posix_spawn_file_actions_addopen(&actions_, 1, output.c_str(), kFlags,
                                     0600);
    posix_spawn_file_actions_addopen(&actions_, 2, errors.c_str(), kFlags,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions_, marks, kMarkDescriptor);

    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF |
                                               POSIX_SPAWN_SETSIGMASK |
                                               POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  // Returns an errno.
  int Spawn(const std::string& program, std::vector<std::string> arguments,
            std::vector<std::string> environment, pid_t* process) {
    arguments.insert(arguments.begin(), program);
    return posix_spawn(process, program.c_str(), &actions_, &attributes_,
                       Pointers(arguments).data(),
                       Pointers(environment).data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// Reads marks until no process is left that could write one. If that takes
// longer than `limit`, kills `group` and returns false.
bool ReadMarks(int pipe, absl::Duration limit, pid_t group,
               std::vector<Mark>* marks) {
  const int64_t deadline = MonotonicNanos() + absl::ToInt64Nanoseconds(limit);
  bool in_time = true;
  for (;;) {
    const int64_t left = (deadline - MonotonicNanos()) / 1'000'000;
    pollfd ready = {pipe, POLLIN, 0};
    if (in_time &&
        poll(&ready, 1, left > 0 ? static_cast<int>(left) : 0) == 0) {
      examples::SendToGroup(group, SIGKILL);
      in_time = false;
    }
    Mark mark;
    const ssize_t count = read(pipe, &mark, sizeof mark);
    if (count == 0) return in_time;
    if (count == sizeof mark) marks->push_back(mark);
  }
}

}  // namespace

absl::StatusOr<ProcessResult> RunProcess(const ProcessRequest& request) {
  const std::string output = request.output_directory + "/stdout";
  const std::string errors = request.output_directory + "/stderr";
  int marks[2];
  if (pipe2(marks, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  pid_t process = 0;
  const int error = SpawnSetup(output, errors, marks[1])
                        .Spawn(request.program, request.arguments,
                               Environment(request), &process);
  close(marks[1]);
  if (error != 0) {
    close(marks[0]);
    return absl::ErrnoToStatus(error,
                               absl::StrCat("cannot run ", request.program));
  }
  ProcessResult result;
  result.killed = !ReadMarks(marks[0], request.limit, process, &result.marks);
  result.ended = MonotonicNanos();
  close(marks[0]);
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
  result.ending = EndingOf(status);
  result.output = ReadFile(output);
  result.errors = ReadFile(errors);
  return result;
}

}  // namespace compare
