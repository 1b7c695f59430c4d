// SPDX-License-Identifier: Apache-2.0

// Row: one line of the table of tools/bench: what was measured, beside which
// peer, and whether it is within its bar.
//
// A value; thread-compatible (const calls may run concurrently).
#ifndef TESTS_BENCHMARKS_BENCH_ROW_H_
#define TESTS_BENCHMARKS_BENCH_ROW_H_

#include <ostream>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "tests/benchmarks/bench_estimate.h"

namespace bench {

struct Row {
  enum Verdict {
    kShown,    // there is no bar
    kMet,      // the whole confidence interval is within the bar
    kMissed,   // the whole confidence interval is beyond it
    kUnclear,  // the bar is inside the interval: the machine is too noisy
    kSkipped,  // the peer is not installed, or could not be run; see `note`
  };

  Verdict verdict() const;

  std::string id = {};    // "P1"
  std::string what = {};  // "register + detach"
  std::string peer =
      {};  // what it is compared with; empty: `bar` is in `unit`s
  std::string unit = "ns";
  double ours = 0;
  double theirs = 0;
  Estimate ratio = {};  // of ours to theirs; without a peer, of ours itself
  double bar = 0;       // 0: none
  double aim = 0;
  bool skipped = false;
  bool detail = false;  // for the JSON file, not for the table
  std::string note = {};
};

// Returns the word that the table and the JSON have for it.
const char* VerdictName(Row::Verdict verdict);

nlohmann::json ToJson(const Row& row);
Row FromJson(const nlohmann::json& json);

// Prints the rows as a table, their notes below it, and a line that counts
// them by verdict.
void PrintTable(const std::vector<Row>& rows, std::ostream& out);

// Prints the rows that have a bar as a table for docs/cost.md.
void PrintMarkdown(const std::vector<Row>& rows, std::ostream& out);

}  // namespace bench

#endif  // TESTS_BENCHMARKS_BENCH_ROW_H_
