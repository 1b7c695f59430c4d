// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/cleaner_scripts.h"

#include <sstream>

#include "absl/strings/match.h"

namespace compare {
namespace {

// Whether one of the paths in `text` is `parent`, or above it.
bool NamesOneAbove(const std::string& text, const std::string& parent) {
  std::string path;
  for (const char letter : text + " ") {
    if (letter != ' ' && letter != '\t' && letter != '\n' && letter != '"' &&
        letter != '\'') {
      path += letter;
      continue;
    }
    // tmpreaper's own form is "/tmp/.".
    if (absl::EndsWith(path, "/.")) path.resize(path.size() - 1);
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    if (path == parent ||
        (absl::StartsWith(path, "/") && absl::StartsWith(parent, path + "/"))) {
      return true;
    }
    path.clear();
  }
  return false;
}

// The last value that a shell script gives to `name`; `otherwise` if it gives
// none.
std::string Assigned(const std::string& script, const std::string& name,
                     const std::string& otherwise) {
  std::string value = otherwise;
  std::istringstream lines(script);
  std::string line;
  while (std::getline(lines, line)) {
    if (absl::StartsWith(line, name + "="))
      value = line.substr(name.size() + 1);
  }
  return value;
}

bool TmpreaperCleans(SystemFiles* system, const std::string& parent) {
  if (system->Read("/etc/cron.daily/tmpreaper").empty()) return false;
  const std::string settings = system->Read("/etc/tmpreaper.conf");
  // As it is installed, it only prints a warning.
  return Assigned(settings, "SHOWWARNING", "false") != "true" &&
         NamesOneAbove(Assigned(settings, "TMPREAPER_DIRS", "/tmp/."), parent);
}

// Its job names the directories.
bool TmpwatchCleans(SystemFiles* system, const std::string& parent) {
  return NamesOneAbove(system->Read("/etc/cron.daily/tmpwatch"), parent);
}

}  // namespace

std::string CleanerScript(SystemFiles* system, const std::string& parent) {
  if (TmpreaperCleans(system, parent)) return "tmpreaper";
  if (TmpwatchCleans(system, parent)) return "tmpwatch";
  return "";
}

}  // namespace compare
