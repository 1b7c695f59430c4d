// SPDX-License-Identifier: Apache-2.0

// Prints a gnuplot script that draws what tools/bench has measured, as SVG
// files in a directory: pending.svg, threads.svg, and remove_tree_*.svg.
//
//   bench_plot MEASURED.json DIRECTORY | gnuplot

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "tests/benchmarks/bench_row.h"

namespace {

using bench::Row;

std::vector<Row> ReadRows(const char* path) {
  std::vector<Row> rows;
  std::ifstream file(path);
  const nlohmann::json all = nlohmann::json::parse(file);
  for (const nlohmann::json& row : all.at("rows")) {
    rows.push_back(bench::FromJson(row));
    if (rows.back().skipped) rows.pop_back();
  }
  return rows;
}

// Rows of one line of a plot, "x y" each, by the title of the line.
using Lines = std::map<std::string, std::string>;

void PrintLines(const Lines& lines) {
  int i = 0;
  for (const auto& [title, points] : lines) {
    printf("$line%d << EOD\n%sEOD\n", i++, points.c_str());
  }
  i = 0;
  for (const auto& [title, points] : lines) {
    printf("%s $line%d using 1:2 with linespoints lw 2 title '%s'",
           i == 0 ? "plot" : ", \\\n ", i, title.c_str());
    ++i;
  }
  printf("\n");
}

// The y axis always begins at zero.
void Begin(const std::string& directory, const std::string& name,
           const std::string& title, const std::string& y) {
  printf(
      "reset\nset terminal svg size 720,420 font 'sans,13' background 'white'\n"
      "set output '%s/%s.svg'\nset title '%s'\nset ylabel '%s'\n"
      "set yrange [0:*]\nset grid ytics\nset key top left\n",
      directory.c_str(), name.c_str(), title.c_str(), y.c_str());
}

// Beside what it takes where none are pending, in the same rounds, or for the
// random ones in those just before: the machine may be slower in others.
void PlotPending(const std::vector<Row>& rows, const std::string& directory) {
  static const std::regex pattern("detach (.*) of ([0-9]+)");
  Lines lines;
  double none = 1;
  for (const Row& row : rows) {
    std::smatch match;
    if (row.id != "P2" || !std::regex_match(row.what, match, pattern)) continue;
    const bool random = match[1] == "a random one";
    std::string& line =
        lines[random ? "a random one" : absl::StrCat(match[1].str(), " one")];
    if (!random) none = row.theirs;
    // One pending stands for none: the axis is logarithmic.
    if (line.empty() && !random) absl::StrAppend(&line, "1 1\n");
    absl::StrAppend(&line, match[2].str(), " ", row.ours / none, "\n");
    if (random) {
      absl::StrAppend(&lines["free + malloc of random blocks"], match[2].str(),
                      " ", row.theirs / none, "\n");
    }
  }
  if (lines.empty()) return;
  Begin(directory, "pending", "Register and detach, by how many are pending",
        "time beside none pending");
  printf(
      "set logscale x\nset xrange [0.7:2e6]\nset xlabel 'pending'\n"
      "set xtics ('none' 1, '1 000' 1e3, '10 000' 1e4, '1 000 000' 1e6)\n");
  PrintLines(lines);
}

void PlotThreads(const std::vector<Row>& rows, const std::string& directory) {
  static const std::regex pattern("(.*) on ([0-9]+) threads, CPU");
  Lines lines;
  for (const Row& row : rows) {
    std::smatch match;
    if (row.id != "P3" || !std::regex_match(row.what, match, pattern)) continue;
    std::string& line = lines[match[1]];
    if (line.empty()) absl::StrAppend(&line, "1 ", row.theirs, "\n");
    absl::StrAppend(&line, match[2].str(), " ", row.ours, "\n");
  }
  if (lines.empty()) return;
  Begin(directory, "threads",
        "The process registry, from several threads at once",
        "ns of processor time an operation");
  printf("set xlabel 'threads'\nset xrange [0.5:*]\nset xtics 1\n");
  PrintLines(lines);
}

// One file for each file system: groups of bars by shape, each bar a peer's
// time as a part of that of rm -rf.
void PlotRemoval(const std::vector<Row>& rows, const std::string& directory) {
  // By file system, then shape, then program: how often ours fits into it.
  std::map<std::string, std::map<std::string, std::map<std::string, double>>>
      all;
  std::map<std::string, double> programs;
  for (const Row& row : rows) {
    const std::vector<std::string> parts =
        absl::StrSplit(row.what, absl::MaxSplits(", ", 2));
    if (row.id != "P12" || parts.size() != 3 || row.ratio.median == 0 ||
        row.peer.empty() || absl::StartsWith(row.peer, "the fastest: ")) {
      continue;
    }
    all[parts[1]][parts[2]][row.peer] = 1 / row.ratio.median;
    programs[row.peer];
  }
  for (const auto& [file_system, shapes] : all) {
    Begin(directory, "remove_tree_" + file_system,
          "Removing a tree on " + file_system + ", rm -rf = 1",
          "time beside rm -rf");
    printf(
        "set style data histogram\nset style histogram cluster gap 1\n"
        "set style fill solid 0.8 border -1\nset boxwidth 0.9\n"
        "set key outside bottom center horizontal noenhanced\n"
        "set datafile missing 'nan'\n$bars << EOD\n");
    printf("shape finalize");
    for (const auto& [program, unused] : programs) {
      printf(" \"%s\"", program.c_str());
    }
    printf("\n");
    for (const auto& [shape, times] : shapes) {
      const auto rm = times.find("rm -rf");
      if (rm == times.end()) continue;
      printf("\"%s\" %g", shape.c_str(), 1 / rm->second);
      for (const auto& [program, unused] : programs) {
        const auto found = times.find(program);
        // Given up where it is much slower than the fastest.
        if (found == times.end()) {
          printf(" nan");
        } else {
          printf(" %g", found->second / rm->second);
        }
      }
      printf("\n");
    }
    printf(
        "EOD\nset xtics rotate by -15 font ',11'\n"
        "plot for [i=2:%zu] $bars using i:xtic(1) title columnheader(i)\n",
        programs.size() + 2);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: bench_plot MEASURED.json DIRECTORY\n";
    return 2;
  }
  const std::vector<Row> rows = ReadRows(argv[1]);
  PlotPending(rows, argv[2]);
  PlotThreads(rows, argv[2]);
  PlotRemoval(rows, argv[2]);
}
