// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/reload.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "examples/send_signal.h"

extern char** environ;

namespace spool_service {
namespace {

constexpr char kReadyVariable[] = "SPOOL_SERVICE_READY";

std::string OwnProgram() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  return size > 0 ? std::string(path, static_cast<size_t>(size)) : "";
}

std::vector<char*> Pointers(std::vector<std::string>* strings) {
  std::vector<char*> pointers;
  for (std::string& string : *strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Returns the environment, with the descriptor on which to say that it serves.
std::vector<std::string> Environment(int ready) {
  std::vector<std::string> all;
  const std::string name = absl::StrCat(kReadyVariable, "=");
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::string(*entry).rfind(name, 0) != 0) all.emplace_back(*entry);
  }
  all.push_back(absl::StrCat(name, ready));
  return all;
}

// Starts `program`, which keeps the two descriptors under their numbers.
absl::StatusOr<pid_t> Spawn(const std::string& program,
                            std::vector<std::string> arguments, int listener,
                            int ready) {
  arguments.insert(arguments.begin(), program);
  std::vector<std::string> environment = Environment(ready);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // Onto itself: it is no longer closed on exec.
  posix_spawn_file_actions_adddup2(&actions, listener, listener);
  posix_spawn_file_actions_adddup2(&actions, ready, ready);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t process = 0;
  const int error =
      posix_spawn(&process, program.c_str(), &actions, &attributes,
                  Pointers(&arguments).data(), Pointers(&environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return absl::ErrnoToStatus(error, program);
  return process;
}

}  // namespace

Reload::Reload() : program_(OwnProgram()) {}

absl::StatusOr<pid_t> Reload::StartSuccessor(const Settings& settings,
                                             int listener) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  absl::StatusOr<pid_t> process =
      Spawn(program_, ArgumentsFor(settings, listener), listener, ends[1]);
  close(ends[1]);
  ssize_t got = 0;
  if (process.ok()) {
    starting_ = *process;
    char byte;
    while ((got = read(ends[0], &byte, 1)) < 0 && errno == EINTR) {
    }
    starting_ = 0;
  }
  close(ends[0]);
  if (!process.ok() || got == 1) return process;
  waitpid(*process, nullptr, 0);
  return absl::UnavailableError(
      absl::StrCat("process ", *process, " did not start to serve"));
}

void Reload::Cancel() {
  if (const pid_t process = starting_) examples::SendSignal(process, SIGTERM);
}

void TellPredecessor() {
  const char* const text = std::getenv(kReadyVariable);
  if (text == nullptr) return;
  const int ready = std::atoi(text);
  unsetenv(kReadyVariable);
  if (write(ready, "", 1) != 1) return;  // it has ended meanwhile
  close(ready);
}

}  // namespace spool_service
