// SPDX-License-Identifier: Apache-2.0

// What came of a scenario, in words of several lengths.
#ifndef EXAMPLES_COMPARE_PLAY_WORDS_H_
#define EXAMPLES_COMPARE_PLAY_WORDS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "examples/compare/play/cell.h"
#include "examples/compare/scenarios/scenario.h"

namespace compare {

// How much is said.
enum class Detail {
  kState,  // "removed"; "LEFT"
  kWhat,   // "removed at exit"; "LEFT 3 files"
  kAll,    // "removed at exit, 0.4 ms"; "LEFT 3 files, 12.0 KiB"
};

// What became of the directory; "-" where it was not played.
std::string DiskWords(const Cell& cell, Detail detail = Detail::kWhat);

// The same, with how the process ended, where not as the scenario says.
std::string CellWords(const Scenario& scenario, const Cell& cell,
                      Detail detail);

// Why it is so, or why it was not played.
std::string WhyWords(const Cell& cell);

// "3 files", "1 file", "2 directories".
std::string Count(uint64_t number, const char* one, const char* many);
// "812 B", "12.0 KiB".
std::string ByteWords(uint64_t bytes);
// "0.4 ms", "12 ms", "1.2 s".
std::string TimeWords(absl::Duration time);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PLAY_WORDS_H_
