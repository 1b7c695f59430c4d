// SPDX-License-Identifier: Apache-2.0

// Removes trees, by one of the ways that are compared:
//
//   bench_remover ours|std|boost|floor PATH...
//
// and prints by how many KiB the process grew meanwhile, and how many seconds
// it took. `floor` makes a list of all that is there first, and then does the
// bare system calls: no remover that has to look can be faster on one thread.

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "boost/filesystem/operations.hpp"
#include "boost/system/error_code.hpp"
#include "tempdir/remove_tree.h"
#include "tests/benchmarks/bench_rounds.h"

namespace {

// Returns the figure of a line of /proc/self/status, in KiB.
long StatusLine(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    long kib = 0;
    if (word == name && file >> kib) return kib;
  }
  return 0;
}

// A directory and the files in it; below it the directories listed before it.
struct Listed {
  std::string path;
  std::vector<std::pair<ino_t, std::string>> files;
};

void List(const std::string& path, std::vector<Listed>* all) {
  Listed listed{path, {}};
  DIR* const directory = opendir(path.c_str());
  if (directory == nullptr) return;
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (entry->d_type == DT_DIR) {
      List(path + "/" + name, all);
    } else {
      listed.files.emplace_back(entry->d_ino, name);
    }
  }
  closedir(directory);
  std::sort(listed.files.begin(), listed.files.end());
  all->push_back(std::move(listed));
}

bool RemoveListed(const std::vector<Listed>& all) {
  for (const Listed& listed : all) {
    if (!listed.files.empty()) {
      const int directory =
          open(listed.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      for (const auto& [inode, name] : listed.files) {
        unlinkat(directory, name.c_str(), 0);
      }
      close(directory);
    }
    if (rmdir(listed.path.c_str()) != 0) return false;
  }
  return true;
}

bool RemoveOurs(const char* path) { return tempdir::RemoveTree(path).ok(); }

bool RemoveStd(const char* path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  return !error;
}

bool RemoveBoost(const char* path) {
  boost::system::error_code error;
  boost::filesystem::remove_all(path, error);
  return !error;
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, bool (*)(const char*)> ways = {
      {"ours", RemoveOurs}, {"std", RemoveStd}, {"boost", RemoveBoost}};
  const std::string way = argc > 1 ? argv[1] : "";
  std::vector<Listed> all;
  if (way == "floor") {
    for (int i = 2; i < argc; ++i) List(argv[i], &all);
  } else if (ways.count(way) == 0) {
    fprintf(stderr, "usage: bench_remover ours|std|boost|floor PATH...\n");
    return 2;
  }

  const long resident = StatusLine("VmRSS:");
  const double start = bench::WallSeconds();
  bool ok = true;
  if (way == "floor") {
    ok = RemoveListed(all);
  } else {
    for (int i = 2; i < argc; ++i) ok = ways.at(way)(argv[i]) && ok;
  }
  const double seconds = bench::WallSeconds() - start;
  printf("%ld %.9f\n", StatusLine("VmHWM:") - resident, seconds);
  return ok ? 0 : 1;
}
