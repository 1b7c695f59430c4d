// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/base/escape.h"

#include <cstdint>

namespace finalize_internal {
namespace {

// Selects the characters that are escaped in addition to those that are always
// escaped.
enum class Kind { kMessage, kName, kQuoted };

// A character of UTF-8, or one byte that is part of none.
struct Character {
  uint32_t code = 0;
  size_t size = 1;
  bool valid = false;
};

bool IsContinuation(char byte) { return (byte & 0xc0) == 0x80; }

// Returns the first character of `text`, which is not empty.
Character FirstOf(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1, true};
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
  uint32_t code = lead & (0x7f >> size);
  for (size_t i = 1; i < size; ++i) {
    if (!IsContinuation(text[i])) return {};
    code = code << 6 | (text[i] & 0x3f);
  }
  const bool overlong = (size == 3 && code < 0x800) ||
                        (size == 4 && (code < 0x10000 || code > 0x10ffff));
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate) return {};
  return {code, size, true};
}

bool IsControl(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

// Whether the character ends a line, or turns the direction in which the text
// after it is shown.
bool IsUnseen(uint32_t code) {
  return code == 0x61c || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

// Returns the letter of a short escape; 0 if there is none.
char ShortEscape(uint32_t code, Kind kind) {
  switch (code) {
    case '\n':
      return 'n';
    case '\t':
      return 't';
    case '\r':
      return 'r';
    case '\\':
      return kind == Kind::kMessage ? '\0' : '\\';
    case '"':
      return kind == Kind::kQuoted ? '"' : '\0';
  }
  return '\0';
}

// One character as it is shown.
struct Shown {
  char text[16];
  size_t size = 0;

  void Add(char byte) { text[size++] = byte; }
};

Shown Show(std::string_view text, const Character& character, Kind kind) {
  constexpr char kHex[] = "0123456789abcdef";
  Shown shown;
  if (const char letter = ShortEscape(character.code, kind);
      character.valid && letter != '\0') {
    shown.Add('\\');
    shown.Add(letter);
    return shown;
  }
  const bool plain = character.valid && !IsControl(character.code) &&
                     !IsUnseen(character.code);
  for (size_t i = 0; i < character.size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (plain) {
      shown.Add(text[i]);
      continue;
    }
    shown.Add('\\');
    shown.Add('x');
    shown.Add(kHex[byte >> 4]);
    shown.Add(kHex[byte & 15]);
  }
  return shown;
}

// Calls add(shown) -> bool for each character, until that returns false.
template <class Add>
void ShowAll(std::string_view text, Kind kind, const Add& add) {
  while (!text.empty()) {
    const Character character = FirstOf(text);
    if (!add(Show(text, character, kind))) return;
    text.remove_prefix(character.size);
  }
}

void Append(std::string_view text, Kind kind, std::string* out) {
  ShowAll(text, kind, [out](const Shown& shown) {
    out->append(shown.text, shown.size);
    return true;
  });
}

}  // namespace

void AppendEscaped(std::string_view name, std::string* out) {
  Append(name, Kind::kName, out);
}

void AppendPrintable(std::string_view message, std::string* out) {
  Append(message, Kind::kMessage, out);
}

void AppendQuoted(std::string_view name, std::string* out) {
  out->push_back('"');
  Append(name, Kind::kQuoted, out);
  out->push_back('"');
}

size_t EscapeTo(std::string_view name, char* out, size_t room) noexcept {
  size_t used = 0;
  ShowAll(name, Kind::kName, [&](const Shown& shown) {
    if (shown.size > room - used) return false;
    for (size_t i = 0; i < shown.size; ++i) out[used++] = shown.text[i];
    return true;
  });
  return used;
}

}  // namespace finalize_internal
