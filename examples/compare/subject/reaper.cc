// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/subject/reaper.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace compare {
namespace {

namespace fs = std::filesystem;

// Empty where it cannot be read: a process may end meanwhile.
std::string ReadShort(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  char text[8192];
  const ssize_t size = read(file, text, sizeof text);
  close(file);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : "";
}

bool IsReaperOf(const fs::path& process, const std::string& parent) {
  const std::string arguments = ReadShort(process / "cmdline");
  const std::string last = std::string(1, '\0') + parent + '\0';
  return arguments.find("--watch=") != std::string::npos &&
         arguments.size() > last.size() &&
         arguments.compare(arguments.size() - last.size(), last.size(), last) ==
             0;
}

bool HasReaper(const std::string& parent) {
  std::error_code error;
  fs::directory_iterator processes("/proc", error);
  for (; !error && processes != fs::end(processes);
       processes.increment(error)) {
    if (IsReaperOf(processes->path(), parent)) return true;
  }
  return false;
}

}  // namespace

// It is not a child of this process, so waitpid() does not wait for it.
void AwaitReaperProcess(const std::string& parent) {
  constexpr timespec kPause = {0, 1'000'000};
  while (HasReaper(parent)) nanosleep(&kPause, nullptr);
}

}  // namespace compare
