// Escaping: how text that others may have chosen (names of files, of callbacks,
// of types) is shown to people. It stays in its line and moves no cursor:
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
// are put into a message; the message itself is made printable, which leaves
// its backslashes alone, so that doing it twice changes nothing.
#ifndef FINALIZE_INTERNAL_BASE_ESCAPE_H_
#define FINALIZE_INTERNAL_BASE_ESCAPE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace finalize_internal {

void AppendEscaped(std::string_view name, std::string* out);
void AppendPrintable(std::string_view message, std::string* out);
// In quotes, and those in it escaped: "a \"b\"".
void AppendQuoted(std::string_view name, std::string* out);

// The same as AppendEscaped, as far as it fits in `room` bytes; no escape and
// no character is cut in two. Returns how many bytes it wrote. It allocates
// nothing, takes no lock and calls no function of the C library: for signal
// handlers and watchdogs.
size_t EscapeTo(std::string_view name, char* out, size_t room) noexcept;

// A name escaped in that way, for snprintf: EscapedName<256>(name).text. Of one
// that is too long it has the end, which tells more of a path.
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
