// SPDX-License-Identifier: Apache-2.0

// Column: one thing that is compared; the columns of the table.
//
// A new column is a line in column.cc, and a line in each scenario in which it
// gives something else than the column that it extends.
#ifndef EXAMPLES_COMPARE_SCENARIOS_COLUMN_H_
#define EXAMPLES_COMPARE_SCENARIOS_COLUMN_H_

#include <string>
#include <string_view>
#include <vector>

namespace compare {

// What owns the directory: one of the two classes, the plain one that uses
// nothing of this library, or a program in another language.
enum class Style { kDestructor, kFinalizer, kMkdtemp, kOtherLanguage };

struct Column {
  const char* id;
  const char* title;
  const char* about;
  Style style;
  // The column whose expectations hold where a scenario has none for this one;
  // "" for none.
  const char* extends;
  // Called in the process under test, before the scenario. May be null.
  void (*prepare)();
  // Called in the tool after the end of the process, before it looks at what
  // is left in `parent`, the process's TMPDIR. May be null.
  void (*afterwards)(const std::string& parent);
  // When something goes that the column which this one extends leaves; null
  // where that is when the process itself removes it.
  const char* rescue = nullptr;
  // For Style::kOtherLanguage: a name that play/others.h knows.
  const char* language = "";
  // Played only where --columns names it.
  bool on_request = false;

  // Whether the library is used.
  bool own() const {
    return style == Style::kDestructor || style == Style::kFinalizer;
  }
};

const std::vector<Column>& AllColumns();

// Returns null where there is none of that name.
const Column* FindColumn(std::string_view id);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SCENARIOS_COLUMN_H_
