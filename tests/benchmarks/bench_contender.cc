// SPDX-License-Identifier: Apache-2.0

#include "tests/benchmarks/bench_contender.h"

#include <unistd.h>

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "boost/filesystem/path.hpp"
#include "tests/benchmarks/bench_main.h"
#include "tests/benchmarks/bench_rounds.h"

namespace bench {
namespace {

// bench_remover, which is beside this program.
std::string Remover() {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  const std::string self(path, size > 0 ? size : 0);
  return self.substr(0, self.rfind('/') + 1) + "bench_remover";
}

Contender Compiled(const std::string& name, const std::string& program,
                   const std::string& package) {
  Contender contender{name, {program}};
  if (program.empty()) contender.missing = package;
  return contender;
}

}  // namespace

double Contender::Start() const { return EstimateOf(starts).median; }

double Contender::Median() const {
  std::vector<double> measured;
  for (const double value : seconds) {
    if (value > 0) measured.push_back(value - Start());
  }
  return EstimateOf(measured).median;
}

std::vector<Contender> Contenders() {
  const std::string remover = Remover();
  const std::string boost =
      absl::StrCat("Boost ", BOOST_VERSION / 100000, ".",
                   BOOST_VERSION / 100 % 1000, " remove_all");
  Contender python =
      Compiled("Python shutil.rmtree", PeerPath("python"), "python3");
  python.command.push_back("-I");
  python.command.push_back(PeerPath("rmtree.py"));
  return {
      {"ours", {remover, "ours"}},
      {"rm -rf", {"rm", "-rf", "--"}},
      {"bare unlinkat, known list", {remover, "floor"}},
      {"find -delete", {"find"}, {"-delete"}},
      {"std::filesystem::remove_all", {remover, "std"}},
      {boost, {remover, "boost"}},
      Compiled("Rust remove_dir_all", PeerPath("remove_dir_all"), "rustc"),
      Compiled("Go os.RemoveAll", PeerPath("remove_all"), "golang-go"),
      python,
  };
}

bool TakesPart(const Contender& contender) {
  return contender.missing.empty() && !contender.failed && !contender.too_slow;
}

Row CompareContenders(Row row, const Contender& ours, const Contender& theirs) {
  Rounds rounds;
  for (size_t i = 0; i < ours.seconds.size(); ++i) {
    if (ours.seconds[i] > 0 && theirs.seconds[i] > 0) {
      rounds.push_back({(ours.seconds[i] - ours.Start()) * 1e3,
                        (theirs.seconds[i] - theirs.Start()) * 1e3});
    }
  }
  row.peer = theirs.name;
  row.unit = "ms";
  return Compare(row, rounds);
}

}  // namespace bench
