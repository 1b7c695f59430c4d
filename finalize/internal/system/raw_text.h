// SPDX-License-Identifier: Apache-2.0

// RawText builds and reads text without the C library, for the threads of
// raw_calls.h. It allocates nothing, and reads files by bare system calls.
#ifndef FINALIZE_INTERNAL_SYSTEM_RAW_TEXT_H_
#define FINALIZE_INTERNAL_SYSTEM_RAW_TEXT_H_

#include <fcntl.h>

#include <cstddef>
#include <cstdint>

#include "finalize/internal/system/raw_calls.h"

namespace finalize_internal {

// Holds at most kSize - 1 bytes, followed by a zero. Longer text is cut off.
template <size_t kSize>
class RawText {
 public:
  FINALIZE_RAW RawText() { bytes_[0] = '\0'; }

  FINALIZE_RAW const char* c_str() const { return bytes_; }
  FINALIZE_RAW size_t size() const { return size_; }

  FINALIZE_RAW void AddByte(char byte) {
    if (size_ + 1 >= kSize) return;
    bytes_[size_++] = byte;
    bytes_[size_] = '\0';
  }
  FINALIZE_RAW void Add(const char* text) {
    while (*text != '\0') AddByte(*text++);
  }
  // Adds the first line of `text`. Bytes that people cannot read are shown as
  // '?'.
  FINALIZE_RAW void AddPrintable(const char* text) {
    for (; *text != '\0' && *text != '\n'; ++text) {
      AddByte(*text >= ' ' && *text <= '~' && *text != '"' ? *text : '?');
    }
  }
  FINALIZE_RAW void AddNumber(uint64_t number) {
    char digits[20];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    while (count != 0) AddByte(digits[--count]);
  }

  // Replaces the text by the content of a small file. Returns false if the file
  // cannot be read or is empty.
  FINALIZE_RAW bool Read(const char* path) {
    const long file =
        RawCall(SYS_openat, AT_FDCWD, RawArgument(path), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const long got = RawCall(SYS_read, file, RawArgument(bytes_), kSize - 1);
    RawCall(SYS_close, file);
    size_ = got > 0 ? static_cast<size_t>(got) : 0;
    bytes_[size_] = '\0';
    return got > 0;
  }

 private:
  char bytes_[kSize];
  size_t size_ = 0;
};

// Reads a number, after blanks and a "0x", and moves *at behind it. Returns
// false if there is no number.
FINALIZE_RAW inline bool RawParse(const char** at, unsigned base,
                                  uint64_t* number) {
  const char* text = *at;
  while (*text == ' ') ++text;
  if (base == 16 && text[0] == '0' && text[1] == 'x') text += 2;
  const char* const first = text;
  *number = 0;
  for (;; ++text) {
    unsigned digit;
    if (*text >= '0' && *text <= '9') {
      digit = static_cast<unsigned>(*text - '0');
    } else if (*text >= 'a' && *text <= 'f') {
      digit = static_cast<unsigned>(*text - 'a') + 10;
    } else {
      break;
    }
    if (digit >= base) break;
    *number = *number * base + digit;
  }
  *at = text;
  return text != first;
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_RAW_TEXT_H_
