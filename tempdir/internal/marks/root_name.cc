// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/marks/root_name.h"

#include <string.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tempdir/internal/system/random_bytes.h"

namespace tempdir_internal {
namespace {

constexpr std::string_view kStart = "finalize-";
constexpr std::string_view kShortStart = "fz";
constexpr std::string_view kShortEnd = "+";
constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz234567";

bool Consume(std::string_view* text, std::string_view start) {
  if (text->substr(0, start.size()) != start) return false;
  text->remove_prefix(start.size());
  return true;
}

// No sign, no zero in front: each number has one form.
bool ConsumeNumber(std::string_view* text, uint32_t* number) {
  const size_t end = text->find_first_not_of("0123456789");
  const std::string_view digits = text->substr(0, end);
  if (digits.empty() || (digits[0] == '0' && digits.size() > 1)) return false;
  text->remove_prefix(digits.size());
  return absl::SimpleAtoi(absl::string_view(digits.data(), digits.size()),
                          number);
}

// The same in base 32, the highest digit first.
bool ConsumeShortNumber(std::string_view* text, uint32_t* number) {
  constexpr size_t kMaxDigits = 7;
  const std::string_view letters = kLetters;
  const std::string_view digits = text->substr(0, text->find(kShortEnd));
  if (digits.empty() || digits.size() > kMaxDigits) return false;
  if (digits[0] == kLetters[0] && digits.size() > 1) return false;
  uint64_t value = 0;
  for (const char digit : digits) {
    const size_t place = letters.find(digit);
    if (place == letters.npos) return false;
    value = value * letters.size() + place;
  }
  text->remove_prefix(digits.size());
  *number = static_cast<uint32_t>(value);
  return value == *number;
}

bool AreLetters(std::string_view text, size_t count) {
  return text.size() == count && text.find_first_not_of(kLetters) == text.npos;
}

std::optional<RootName> ParseShortName(std::string_view name) {
  RootName root;
  uint32_t owner;
  if (const size_t end = name.find(kLiveSuffix); end != name.npos) {
    root.live = name.substr(end) == kLiveSuffix;
    if (root.live) name = name.substr(0, end);
  }
  if (!Consume(&name, kShortStart) || !ConsumeShortNumber(&name, &owner) ||
      !Consume(&name, kShortEnd) || !AreLetters(name, kShortRootLetters)) {
    return std::nullopt;
  }
  root.owner = owner;
  root.is_short = true;
  return root;
}

char* Put(std::string_view text, char* to) {
  memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* PutNumber(uint32_t number, char* to) {
  char digits[10];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0) *to++ = digits[--count];
  return to;
}

}  // namespace

std::string RootPrefix(uid_t owner) {
  return absl::StrCat("finalize-", owner, "-");
}

std::string ShortRootPrefix(uid_t owner) {
  std::string digits;
  do {
    digits.insert(digits.begin(), kLetters[owner % 32]);
    owner /= 32;
  } while (owner != 0);
  return std::string(kShortStart).append(digits).append(kShortEnd);
}

void WriteReapedName(uid_t owner, char (&name)[kReapedNameRoom]) {
  unsigned char random[kRootLetters];
  FillRandomBytes(random, sizeof random);
  char* end = PutNumber(owner, Put(kStart, name));
  *end++ = '-';
  for (const unsigned char byte : random) *end++ = kLetters[byte & 31];
  *Put(kReapedSuffix, end) = '\0';
}

std::optional<RootName> ParseRootName(std::string_view name) {
  if (auto short_one = ParseShortName(name)) return short_one;
  RootName root;
  uint32_t owner;
  if (!Consume(&name, kStart) || !ConsumeNumber(&name, &owner) ||
      !Consume(&name, "-")) {
    return std::nullopt;
  }
  root.owner = owner;
  const std::string_view letters = name.substr(0, kRootLetters);
  if (letters.size() != kRootLetters ||
      letters.find_first_not_of(kLetters) != letters.npos) {
    return std::nullopt;
  }
  name.remove_prefix(kRootLetters);
  root.reaped = name == kReapedSuffix;
  root.live = name == kLiveSuffix;
  if (!name.empty() && !root.reaped && !root.live) return std::nullopt;
  return root;
}

}  // namespace tempdir_internal
