// EscapedText, QuotedText and OneLine: text that others may have chosen, for
// people to read.
//
//   log << "cannot open " << finalize::QuotedText(file_name);
//
// The name of a file may hold newlines and escape sequences of terminals; shown
// raw, it forges lines of a log and moves the cursor. The library shows all
// names in this way: in failure reports, dumps, statuses and on standard error.
// Fields such as ReportEntry::name, and paths in reports, hold the plain text.
//
// Control characters (C0, DEL, C1), line separators, marks that turn the
// direction of writing and bytes that are not UTF-8 become `\n`, `\t`, `\r` or
// `\x1b`. All other text, in any language, is unchanged.
//
// Failure: throws std::bad_alloc without memory, and nothing else.
// Thread-safe.
#ifndef FINALIZE_ESCAPED_TEXT_H_
#define FINALIZE_ESCAPED_TEXT_H_

#include <string>
#include <string_view>

#include "finalize/internal/base/requirements.h"

namespace finalize {

// Returns a name. A backslash in it is doubled, so that no other name looks the
// same.
std::string EscapedText(std::string_view name);

// Returns a name in double quotes; those in it are escaped, too.
std::string QuotedText(std::string_view name);

// Returns a message that may hold escaped names: its backslashes are kept.
std::string OneLine(std::string_view message);

}  // namespace finalize

#endif  // FINALIZE_ESCAPED_TEXT_H_
