// SPDX-License-Identifier: Apache-2.0

// EscapedText, QuotedText and OneLine: make text that others have chosen, such
// as file names, safe to show to people.
//
//   log << "cannot open " << finalize::QuotedText(file_name);
//
// A file name may contain newlines and escape sequences of terminals. Shown
// unchanged, it could forge lines of a log and move the cursor. The library
// escapes every name that it shows: in failure reports, dumps, statuses and on
// standard error. Fields such as ReportEntry::name, and paths in reports, have
// the plain text.
//
// Control characters (C0, DEL, C1), line separators, marks that change the
// direction of writing, and bytes that are not UTF-8 become `\n`, `\t`, `\r` or
// `\x1b`. Other text, in any language, is unchanged.
//
// Failure: throws std::bad_alloc if there is no memory, and nothing else.
//
// Thread-safe.
#ifndef FINALIZE_ESCAPED_TEXT_H_
#define FINALIZE_ESCAPED_TEXT_H_

#include <string>
#include <string_view>

#include "finalize/export.h"
#include "finalize/internal/base/requirements.h"

namespace finalize {

// Returns `name`, escaped. A backslash in it is doubled, so that no two names
// look the same.
FINALIZE_EXPORT std::string EscapedText(std::string_view name);

// Returns `name`, escaped, in double quotes. Double quotes in it are escaped
// too.
FINALIZE_EXPORT std::string QuotedText(std::string_view name);

// Returns `message`, escaped. Its backslashes are unchanged, because it may
// contain escaped names.
FINALIZE_EXPORT std::string OneLine(std::string_view message);

}  // namespace finalize

#endif  // FINALIZE_ESCAPED_TEXT_H_
