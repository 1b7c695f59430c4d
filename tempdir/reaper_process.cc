// SPDX-License-Identifier: Apache-2.0

#include "tempdir/reaper_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/reap/owner_watch.h"
#include "tempdir/internal/reap/reap_parent.h"
#include "tempdir/internal/root/parent_directory.h"

namespace tempdir {
namespace {

using finalize::EscapedText;

// What the program is started with.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    OpenNull(STDIN_FILENO);
    OpenNull(STDOUT_FILENO);
    if (IsWritable(STDERR_FILENO)) {
      // Ends its O_CLOEXEC.
      Note(posix_spawn_file_actions_adddup2(&actions_, STDERR_FILENO,
                                            STDERR_FILENO));
    } else {
      OpenNull(STDERR_FILENO);
    }
    CloseOthers();
    Note(posix_spawn_file_actions_addchdir_np(&actions_, "/"));
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    Note(posix_spawnattr_setsigmask(&attributes_, &signals));
    sigfillset(&signals);
    Note(posix_spawnattr_setsigdefault(&attributes_, &signals));
    Note(posix_spawnattr_setflags(
        &attributes_,
        static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                           POSIX_SPAWN_SETSIGDEF)));
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // Returns 0 or an errno.
  int Spawn(pid_t* pid, std::vector<std::string> arguments) {
    if (error_ != 0) return error_;
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    return posix_spawnp(pid, pointers[0], &actions_, &attributes_,
                        pointers.data(), environ);
  }

 private:
  // Not what a program has there that closed its standard error: a directory,
  // say, with a lock that would live on.
  static bool IsWritable(int fd) {
    const int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_PATH) == 0 &&
           (flags & O_ACCMODE) != O_RDONLY;
  }
  void OpenNull(int fd) {
    Note(posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR,
                                          0));
  }
  // All but the three. A C library without closefrom closes what is open now:
  // another thread that opens a descriptor meanwhile may pass it on.
  void CloseOthers() {
#ifdef __GLIBC__
    Note(
        posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
#else
    DIR* const open = opendir("/proc/self/fd");
    if (open == nullptr) return Note(errno);
    while (const dirent* const entry = readdir(open)) {
      int fd;
      if (absl::SimpleAtoi(entry->d_name, &fd) && fd > STDERR_FILENO) {
        Note(posix_spawn_file_actions_addclose(&actions_, fd));
      }
    }
    closedir(open);
#endif
  }
  void Note(int error) {
    if (error_ == 0) error_ = error;
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  int error_ = 0;
};

constexpr char kWatchFlag[] = "--watch=";
constexpr char kEndOfFlags[] = "--";

absl::Status StatusOfStarter(pid_t pid, const std::string& program) {
  int status = 0;
  pid_t ended;
  do {
    ended = waitpid(pid, &status, 0);
  } while (ended < 0 && errno == EINTR);
  // The program ignores SIGCHLD, or waits for whatever ends.
  if (ended < 0) return absl::OkStatus();
  if (WIFEXITED(status) && WEXITSTATUS(status) == tempdir_internal::kWatching) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat(EscapedText(program), " cannot watch this process: ",
                   WIFEXITED(status)
                       ? absl::StrCat("it exited with ", WEXITSTATUS(status))
                       : absl::StrCat("it died by signal ", WTERMSIG(status))));
}

}  // namespace

absl::Status StartReaperProcess(const ReaperProcessOptions& options) {
  std::vector<std::string> arguments = {
      options.program, absl::StrCat(kWatchFlag, getpid()), kEndOfFlags};
  for (const std::string& parent : options.parents) {
    absl::StatusOr<std::string> path = tempdir_internal::ParentPath(parent);
    if (!path.ok()) return path.status();
    absl::Status reapable = tempdir_internal::CheckReapable(*path);
    if (!reapable.ok()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "nothing can be reaped: ", std::string(reapable.message())));
    }
    arguments.push_back(*std::move(path));
  }
  pid_t pid;
  const int error = SpawnPlan().Spawn(&pid, std::move(arguments));
  if (error != 0) {
    return absl::ErrnoToStatus(
        error, absl::StrCat("cannot start ", EscapedText(options.program)));
  }
  return StatusOfStarter(pid, options.program);
}

std::optional<int> RunAsReaperProcess(int argc, char** argv) {
  constexpr std::string_view kWatch = kWatchFlag;
  int owner = 0;
  if (argc < 4 ||
      std::string_view(argv[1]).substr(0, kWatch.size()) != kWatch ||
      std::string_view(argv[2]) != kEndOfFlags ||
      !absl::SimpleAtoi(argv[1] + kWatch.size(), &owner) || owner <= 0) {
    return std::nullopt;
  }
  return tempdir_internal::WatchOwner(owner, {argv + 3, argv + argc});
}

}  // namespace tempdir
