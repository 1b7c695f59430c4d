// SPDX-License-Identifier: Apache-2.0

#include "tests/benchmarks/bench_command.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/benchmarks/bench_rounds.h"

namespace bench {
namespace {

std::string ReadAll(int from) {
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t n = read(from, buffer, sizeof buffer);
    if (n <= 0) return text;
    if (text.size() < sizeof buffer) text.append(buffer, n);
  }
}

}  // namespace

Finished RunCommand(const std::vector<std::string>& command) {
  Finished finished;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return finished;
  std::vector<char*> arguments;
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);

  const double start = WallSeconds();
  pid_t pid = -1;
  const bool started = posix_spawnp(&pid, arguments[0], &actions, nullptr,
                                    arguments.data(), environ) == 0;
  close(ends[1]);
  if (started) {
    finished.output = ReadAll(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    finished.seconds = WallSeconds() - start;
    finished.ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  close(ends[0]);
  posix_spawn_file_actions_destroy(&actions);
  return finished;
}

}  // namespace bench
