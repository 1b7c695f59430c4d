#include "examples/compare/reaper.h"

#include <time.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

namespace compare {
namespace {

namespace fs = std::filesystem;

bool IsReaperOf(const fs::path& process, const std::string& parent) {
  std::ifstream file(process / "cmdline", std::ios::binary);
  const std::string arguments(std::istreambuf_iterator<char>(file), {});
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

// It is nobody's child: there is nothing to wait for.
void AwaitReaperProcess(const std::string& parent) {
  constexpr timespec kPause = {0, 1'000'000};
  while (HasReaper(parent)) nanosleep(&kPause, nullptr);
}

}  // namespace compare
