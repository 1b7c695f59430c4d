// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/tmpfiles_rules.h"

#include <fnmatch.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "examples/compare/doctor/quoted_words.h"

namespace compare {
namespace {

namespace fs = std::filesystem;

// What ages a directory, or makes it an exception to the rule of one above.
constexpr std::string_view kAging = "dDevqQ";
// Excludes what matches, with all that is in it. (X leaves the contents to
// age.)
constexpr char kExcluding = 'x';

struct Rule {
  char type;
  std::string pattern;
  bool ages;
  std::string line;
};

// The files of configuration by name, the first of each name: a file in /etc
// replaces one of the same name in /usr/lib.
std::map<std::string, std::string> ConfigurationFiles(SystemFiles* system) {
  std::map<std::string, std::string> files;
  for (const char* const folder :
       {"/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/local/lib/tmpfiles.d",
        "/usr/lib/tmpfiles.d"}) {
    for (const std::string& name : system->List(folder)) {
      if (fs::path(name).extension() != ".conf") continue;
      files.emplace(name, absl::StrCat(folder, "/", name));
    }
  }
  return files;
}

void AddRules(const std::string& text, std::vector<Rule>* rules) {
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    std::vector<std::string> words = QuotedWords(line);
    if (words.size() < 2 || words[0].empty() || words[0][0] == '#') continue;
    // Mode, user, group and age.
    words.resize(6);
    std::string pattern =
        absl::StrReplaceAll(words[1], {{"%T", "/tmp"}, {"%V", "/var/tmp"}});
    while (pattern.size() > 1 && pattern.back() == '/') pattern.pop_back();
    const std::string& age = words[5];
    rules->push_back({words[0][0], pattern, !age.empty() && age != "-",
                      absl::StrJoin(words, " ")});
  }
}

std::vector<Rule> AllRules(SystemFiles* system) {
  std::vector<Rule> rules;
  for (const auto& [name, path] : ConfigurationFiles(system)) {
    AddRules(system->Read(path), &rules);
  }
  return rules;
}

bool Matches(const Rule& rule, const std::string& path) {
  return rule.type == 'e' || rule.type == kExcluding
             ? fnmatch(rule.pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0
             : rule.pattern == path;
}

}  // namespace

std::string AgingRule(SystemFiles* system, const std::string& parent) {
  const std::vector<Rule> rules = AllRules(system);
  // From the root of a temp dir upwards. The first line that matches decides.
  fs::path path = fs::path(parent) / "finalize-0-aaaaaaaaaaaaaaaa";
  for (;; path = path.parent_path()) {
    for (const Rule& rule : rules) {
      if (rule.type == kExcluding && Matches(rule, path.string())) return "";
    }
    for (const Rule& rule : rules) {
      if (kAging.find(rule.type) != std::string_view::npos &&
          Matches(rule, path.string())) {
        return rule.ages ? rule.line : "";
      }
    }
    if (path == path.parent_path()) return "";
  }
}

bool SystemdRuns(const SystemFiles& system) {
  return system.IsDirectory("/run/systemd/system");
}

}  // namespace compare
