// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/quoted_words.h"

#include <cstdlib>
#include <string_view>

namespace compare {
namespace {

class Line {
 public:
  explicit Line(const std::string& text) : text_(text) {}

  std::vector<std::string> Words() {
    for (; at_ < text_.size(); ++at_) {
      const char letter = text_[at_];
      if (letter == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        Add(Escaped());
      } else if (quote_ != 0 ? letter == quote_
                             : letter == '"' || letter == '\'') {
        quote_ = quote_ != 0 ? 0 : letter;
        in_word_ = true;
      } else if (quote_ == 0 && kSpace.find(letter) != kSpace.npos) {
        EndWord();
      } else {
        Add(letter);
      }
    }
    EndWord();
    return words_;
  }

 private:
  static constexpr std::string_view kSpace = " \t\r\n";

  void Add(char letter) {
    word_ += letter;
    in_word_ = true;
  }

  void EndWord() {
    if (in_word_) words_.push_back(word_);
    word_.clear();
    in_word_ = false;
  }

  // What the escape stands for that begins here; goes on to its last letter.
  char Escaped() {
    constexpr std::string_view kLetters = "abfnrtvs";
    constexpr std::string_view kMeant = "\a\b\f\n\r\t\v ";
    const char letter = text_[at_];
    if (const size_t known = kLetters.find(letter); known != kLetters.npos) {
      return kMeant[known];
    }
    if (letter == 'x') return Number(at_ + 1, 2, 16);
    if (letter >= '0' && letter <= '7') return Number(at_, 3, 8);
    return letter;
  }

  char Number(size_t begin, size_t digits, int base) {
    const std::string number = text_.substr(begin, digits);
    char* end = nullptr;
    const long value = strtol(number.c_str(), &end, base);
    if (end != number.c_str() + digits) return text_[at_];
    at_ = begin + digits - 1;
    return static_cast<char>(value);
  }

  const std::string& text_;
  size_t at_ = 0;
  char quote_ = 0;
  bool in_word_ = false;
  std::string word_;
  std::vector<std::string> words_;
};

}  // namespace

std::vector<std::string> QuotedWords(const std::string& line) {
  return Line(line).Words();
}

}  // namespace compare
