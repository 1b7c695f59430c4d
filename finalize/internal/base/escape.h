// SPDX-License-Identifier: Apache-2.0

// Escapes text that others may have chosen (names of files, of callbacks, of
// types) before people see it. Escaped text stays on its line and moves no
// cursor:
//
//   newline, tab, carriage return             \n \t \r
//   other control characters, ESC, DEL        \x1b
//   C1 controls (U+0080 to U+009F)            \xc2\x9b
//   line and paragraph separators, marks
//   that turn the direction of writing        \xe2\x80\xae
//   bytes that are not UTF-8                  \xff
//   a backslash, in a name                    \\ (so that it can be undone)
//
// All other characters are shown as they are. Names are escaped once, when they
// are put into a message (AppendEscaped). The whole message is made printable
// (AppendPrintable), which leaves its backslashes alone, so that doing it twice
// changes nothing.
#ifndef FINALIZE_INTERNAL_BASE_ESCAPE_H_
#define FINALIZE_INTERNAL_BASE_ESCAPE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "finalize/export.h"

namespace finalize_internal {

void AppendEscaped(std::string_view name, std::string* out);
void AppendPrintable(std::string_view message, std::string* out);
// Adds quotes, and escapes the quotes inside: "a \"b\"".
FINALIZE_INTERNAL_EXPORT void AppendQuoted(std::string_view name,
                                           std::string* out);

// Writes what AppendEscaped would append, as far as it fits in `room` bytes. No
// escape and no character is cut in two. Returns the number of bytes written.
// Allocates nothing, takes no lock and calls no function of the C library: for
// signal handlers and watchdogs.
size_t EscapeTo(std::string_view name, char* out, size_t room) noexcept;

// A name escaped by EscapeTo, for snprintf: EscapedName<256>(name).text. Of a
// name that is too long it holds the end, which is the more useful part of a
// path.
template <size_t kSize>
struct EscapedName {
  explicit EscapedName(std::string_view name) noexcept {
    constexpr size_t kMax = kSize - 1;
    if (name.size() > kMax) name.remove_prefix(name.size() - kMax);
    text[EscapeTo(name, text, kMax)] = '\0';
  }
  char text[kSize];
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_ESCAPE_H_
