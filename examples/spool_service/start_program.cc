// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/start_program.h"

#include <signal.h>
#include <spawn.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

extern char** environ;

namespace spool_service {
namespace {

std::vector<char*> Pointers(std::vector<std::string>* strings) {
  std::vector<char*> pointers;
  for (std::string& string : *strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Returns the environment with this variable.
std::vector<std::string> EnvironmentWith(
    const std::pair<std::string, std::string>& variable) {
  std::vector<std::string> all;
  const std::string name = absl::StrCat(variable.first, "=");
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::string(*entry).rfind(name, 0) != 0) all.emplace_back(*entry);
  }
  all.push_back(absl::StrCat(name, variable.second));
  return all;
}

}  // namespace

absl::StatusOr<pid_t> StartProgram(
    const std::string& program, std::vector<std::string> arguments,
    const std::pair<std::string, std::string>& variable,
    const std::vector<int>& descriptors) {
  arguments.insert(arguments.begin(), program);
  std::vector<std::string> environment = EnvironmentWith(variable);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int descriptor : descriptors) {
    // Onto itself: it is no longer closed on exec.
    posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor);
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  pid_t process = 0;
  const int error =
      posix_spawn(&process, program.c_str(), &actions, &attributes,
                  Pointers(&arguments).data(), Pointers(&environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return absl::ErrnoToStatus(error, program);
  return process;
}

}  // namespace spool_service
