// SPDX-License-Identifier: Apache-2.0

// Joins what the benchmark programs wrote: prints one table, and writes one
// JSON file with the machine that it is from, and the table for docs/cost.md.
//
//   bench_table [--json=FILE] [--markdown=FILE] ROWS.json...

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "tests/benchmarks/bench_row.h"

ABSL_FLAG(std::string, json, "", "the file to write everything to");
ABSL_FLAG(std::string, markdown, "", "the file to write a Markdown table to");

namespace {

using bench::Row;

std::string Processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (absl::StartsWith(line, "model name")) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown";
}

nlohmann::json Machine() {
  utsname name;
  uname(&name);
  return {
      {"processor", Processor()},
      {"processors", std::thread::hardware_concurrency()},
      {"kernel", name.release},
      {"compiler", __VERSION__},
      {"date", absl::FormatTime("%Y-%m-%d", absl::Now(), absl::UTCTimeZone())}};
}

// One line.
std::string Heading(const nlohmann::json& machine) {
  return absl::StrCat(machine["processors"].get<int>(), " x ",
                      machine["processor"].get<std::string>(), ", Linux ",
                      machine["kernel"].get<std::string>(), ", compiler ",
                      machine["compiler"].get<std::string>(), ", ",
                      machine["date"].get<std::string>());
}

// Returns false, with a message, if not all of it could be written.
bool Close(std::ofstream& file, const std::string& path) {
  file.close();
  if (!file) std::cerr << path << ": cannot be written\n";
  return static_cast<bool>(file);
}

int Number(const Row& row) { return atoi(row.id.c_str() + 1); }

// A row is steady if its figures hardly vary.
constexpr double kSteady = 0.15;

}  // namespace

int main(int argc, char** argv) {
  std::vector<Row> rows;
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  for (size_t i = 1; i < arguments.size(); ++i) {
    std::ifstream file(arguments[i]);
    if (!file) {
      std::cerr << arguments[i] << ": cannot be read\n";
      return 1;
    }
    for (const nlohmann::json& row : nlohmann::json::parse(file)) {
      rows.push_back(bench::FromJson(row));
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return Number(a) < Number(b);
  });

  const nlohmann::json machine = Machine();
  const std::string heading = Heading(machine);
  std::cout << heading << "\n\n";
  bench::PrintTable(rows, std::cout);
  const int unsteady =
      std::count_if(rows.begin(), rows.end(), [](const Row& row) {
        return !row.skipped && row.ratio.Spread() > kSteady;
      });
  if (unsteady > 0) {
    std::cout << unsteady << " rows spread by more than " << 100 * kSteady
              << " %: the machine was busy; run it again when it is not\n";
  }

  if (const std::string path = absl::GetFlag(FLAGS_markdown); !path.empty()) {
    std::ofstream file(path);
    file << "Measured on " << heading << ".\n\n";
    bench::PrintMarkdown(rows, file);
    if (!Close(file, path)) return 1;
  }
  const std::string path = absl::GetFlag(FLAGS_json);
  if (path.empty()) return 0;
  nlohmann::json all = {{"machine", machine},
                        {"rows", nlohmann::json::array()}};
  for (const Row& row : rows) all["rows"].push_back(bench::ToJson(row));
  std::ofstream file(path);
  file << all.dump(1) << "\n";
  return Close(file, path) ? 0 : 1;
}
