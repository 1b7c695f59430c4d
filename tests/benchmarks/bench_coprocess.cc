// SPDX-License-Identifier: Apache-2.0

#include "tests/benchmarks/bench_coprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

Coprocess::Coprocess(const std::vector<std::string>& command) {
  int down[2];
  int up[2];
  if (pipe2(down, O_CLOEXEC) != 0 || pipe2(up, O_CLOEXEC) != 0) return;
  signal(SIGPIPE, SIG_IGN);

  std::vector<char*> arguments;
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, down[0], 0);
  posix_spawn_file_actions_adddup2(&actions, up[1], 1);
  if (posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(),
                   environ) != 0) {
    pid_ = -1;
  }
  posix_spawn_file_actions_destroy(&actions);
  close(down[0]);
  close(up[1]);
  to_ = fdopen(down[1], "w");
  from_ = fdopen(up[0], "r");
}

Coprocess::~Coprocess() {
  if (to_ != nullptr) fclose(to_);
  if (from_ != nullptr) fclose(from_);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

double Coprocess::Measure() {
  double nanoseconds = 0;
  if (to_ == nullptr || from_ == nullptr) return 0;
  fputs("go\n", to_);
  fflush(to_);
  if (fscanf(from_, "%lf", &nanoseconds) != 1) return 0;
  return nanoseconds;
}

}  // namespace bench
