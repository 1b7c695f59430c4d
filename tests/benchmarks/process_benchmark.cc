// SPDX-License-Identifier: Apache-2.0

// P14: a process that registers many finalizers and exits.
// P15: what it costs a process to be linked with the library.
// P16: what it costs to compile a file that registers one callback. Run from
//      the top directory, where the headers are.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "tests/benchmarks/bench_command.h"
#include "tests/benchmarks/bench_main.h"
#include "tests/benchmarks/bench_rounds.h"

namespace {

using bench::Row;
using Command = std::vector<std::string>;

// The path of a program that is built beside this one.
std::string Beside(const std::string& name) {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  const std::string self(path, size > 0 ? size : 0);
  return self.substr(0, self.rfind('/') + 1) + name;
}

// Microseconds of a process, from its start to its end.
double RunFor(const Command& command) {
  const bench::Finished finished = bench::RunCommand(command);
  if (!finished.ok) {
    fprintf(stderr, "%s: failed\n", command[0].c_str());
    exit(1);
  }
  return finished.seconds * 1e6;
}

// What alternatives 0 and 1 take beyond alternative 2 of the same round.
bench::Rounds BeyondTheLast(const bench::Rounds& rounds) {
  bench::Rounds beyond;
  for (const std::vector<double>& round : rounds) {
    beyond.push_back({round[0] - round[2], round[1] - round[2]});
  }
  return beyond;
}

std::vector<Row> MeasureExit() {
  const std::string child = Beside("bench_exit_child");
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(100), {[&] {
                                 return RunFor({child, "finalize", "100000"});
                               },
                               [&] {
                                 return RunFor({child, "atexit", "100000"});
                               },
                               [&] { return RunFor({child}); }});
  Row row;
  row.what = "register 100000 and exit, beyond an empty process";
  row.peer = "100000 x std::atexit";
  row.unit = "us";
  row.bar = 1.5;
  row.aim = 0.8;
  return {Compare(row, BeyondTheLast(rounds))};
}

// System calls of a program from its execve to its end; 0 without strace.
int64_t CountSystemCalls(const std::string& program, const std::string& log) {
  if (!bench::RunCommand({"strace", "-f", "-o", log, program}).ok) return 0;
  std::ifstream file(log);
  int64_t calls = 0;
  for (std::string line; std::getline(file, line);) {
    calls += absl::StrContains(line, "(") ? 1 : 0;
  }
  return calls;
}

class Scratch {
 public:
  Scratch() {
    if (mkdtemp(path_.data()) == nullptr) exit(1);
  }
  ~Scratch() { bench::RunCommand({"rm", "-rf", path_}); }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_ = "/tmp/finalize-bench-XXXXXX";
};

std::vector<Row> MeasureStart() {
  const std::string with = Beside("bench_start_child");
  const std::string without = Beside("bench_start_bare_child");
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(1000),
      {[&] { return RunFor({with}); }, [&] { return RunFor({without}); }});
  std::vector<double> more;
  for (const std::vector<double>& round : rounds) {
    more.push_back(round[0] - round[1]);
  }
  Row time;
  time.what = "start and end of a process, beyond one without the library";
  time.unit = "us";
  time.ratio = bench::EstimateOf(more);
  time.ours = time.ratio.median;
  time.bar = 50;
  Row calls;
  calls.what = "system calls of such a process";
  calls.peer = "one without the library";
  calls.unit = "calls";
  calls.bar = calls.aim = 1.0;
  const Scratch scratch;
  const double ours = CountSystemCalls(with, scratch.File("with"));
  const double theirs = CountSystemCalls(without, scratch.File("without"));
  if (ours == 0 || theirs == 0) {
    return {time, bench::Skipped(calls, "strace is not installed")};
  }
  return {time, bench::Compare(calls, {{ours, theirs}})};
}

constexpr char kOurSource[] = R"(
#include "finalize/at_exit.h"
int main() { finalize::AtExit([] {}); }
)";
constexpr char kTheirSource[] = R"(
#include <functional>
#include <memory>
#include "absl/functional/any_invocable.h"
int main() {
  static absl::AnyInvocable<void()> callback = [] {};
  callback();
}
)";

double SizeOf(const std::string& file) {
  struct stat seen;
  return stat(file.c_str(), &seen) == 0 ? static_cast<double>(seen.st_size) : 0;
}

std::vector<Row> MeasureCompilation() {
  Row time;
  time.what = "compile a file that registers one lambda";
  time.peer = "<functional> + <memory> + absl::AnyInvocable";
  time.unit = "ms";
  time.bar = 2.5;
  time.aim = 1.5;
  const char* named = getenv("CXX");
  const std::string compiler = named != nullptr ? named : "c++";
  const Scratch scratch;
  std::ofstream(scratch.File("ours.cc")) << kOurSource;
  std::ofstream(scratch.File("theirs.cc")) << kTheirSource;
  const auto compile = [&](const std::string& name) {
    return Command{compiler, "-std=c++17",
                   "-O2",    "-I.",
                   "-c",     scratch.File(name + ".cc"),
                   "-o",     scratch.File(name + ".o")};
  };
  if (!bench::RunCommand(compile("ours")).ok ||
      !bench::RunCommand(compile("theirs")).ok) {
    return {bench::Skipped(time, compiler + " does not compile it here")};
  }
  const auto milliseconds = [&](const std::string& name) {
    return RunFor(compile(name)) / 1000;
  };
  Row size = time;
  size.what = "the size of its object file";
  size.unit = "bytes";
  time = bench::Compare(
      time, bench::MeasureInTurn(bench::RoundCount(12),
                                 {[&] { return milliseconds("ours"); },
                                  [&] { return milliseconds("theirs"); }}));
  return {time, bench::Compare(size, {{SizeOf(scratch.File("ours.o")),
                                       SizeOf(scratch.File("theirs.o"))}})};
}

}  // namespace

int main(int argc, char** argv) {
  return bench::Main(argc, argv,
                     {{"P14", MeasureExit},
                      {"P15", MeasureStart},
                      {"P16", MeasureCompilation}});
}
