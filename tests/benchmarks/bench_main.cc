// SPDX-License-Identifier: Apache-2.0

#include "tests/benchmarks/bench_main.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <thread>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"

ABSL_FLAG(bool, quick, false, "measure less, and so less surely");
ABSL_FLAG(std::vector<std::string>, only, {}, "the rows to measure, as P1,P2");
ABSL_FLAG(std::string, json, "", "the file to write the rows to");
ABSL_FLAG(std::string, peers, "", "the directory of peers");

namespace bench {
namespace {

bool Wanted(const std::string& id) {
  const std::vector<std::string> only = absl::GetFlag(FLAGS_only);
  return only.empty() || std::find(only.begin(), only.end(), id) != only.end();
}

bool WriteJson(const std::vector<Row>& rows, const std::string& path) {
  nlohmann::json json = nlohmann::json::array();
  for (const Row& row : rows) json.push_back(ToJson(row));
  std::ofstream file(path);
  file << json.dump(1) << "\n";
  file.close();
  if (!file) std::cerr << path << ": cannot be written\n";
  return static_cast<bool>(file);
}

}  // namespace

bool Quick() { return absl::GetFlag(FLAGS_quick); }

int RoundCount(int count) { return Quick() ? std::max(count / 4, 5) : count; }

std::string PeerPath(const std::string& name) {
  const std::string path = absl::GetFlag(FLAGS_peers) + "/" + name;
  return access(path.c_str(), R_OK) == 0 ? path : "";
}

Row Skipped(Row row, std::string why) {
  row.skipped = true;
  row.note = std::move(why);
  return row;
}

int Main(int argc, char** argv, const std::vector<Benchmark>& benchmarks) {
  absl::SetProgramUsageMessage("measures rows of the table of tools/bench");
  absl::ParseCommandLine(argc, argv);
  // Until a program starts its first thread, the C and C++ libraries leave out
  // some of what shared_ptr and mutex cost in all others.
  std::thread([] {}).join();
  std::vector<Row> all;
  for (const Benchmark& benchmark : benchmarks) {
    if (!Wanted(benchmark.id)) continue;
    std::cerr << "measuring " << benchmark.id << std::endl;
    for (Row& row : benchmark.measure()) {
      row.id = benchmark.id;
      all.push_back(std::move(row));
    }
  }
  const std::string path = absl::GetFlag(FLAGS_json);
  if (!path.empty()) return WriteJson(all, path) ? 0 : 1;
  PrintTable(all, std::cout);
  return 0;
}

}  // namespace bench
