// SPDX-License-Identifier: Apache-2.0

// How names that others may have chosen are shown (contract C38).
#include "finalize/internal/base/escape.h"

#include <string>
#include <string_view>
#include <typeinfo>

#include "finalize/escaped_text.h"
#include "finalize/internal/base/callback_text.h"
#include "gtest/gtest.h"

namespace {

using finalize::EscapedText;
using finalize::OneLine;
using finalize::QuotedText;
using finalize_internal::EscapedName;
using finalize_internal::EscapeTo;

constexpr char kForged[] = "d\nfinalize: all is well\x1b[2J";

TEST(EscapeTest, NameStaysInItsLine) {
  EXPECT_EQ(EscapedText(kForged), "d\\nfinalize: all is well\\x1b[2J");
  EXPECT_EQ(EscapedText("\t\r\a\x7f"), "\\t\\r\\x07\\x7f");
  EXPECT_EQ(EscapedText(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(EscapeTest, OtherTextIsUnchanged) {
  for (const char* text : {"", "/tmp/a b'c", "Pl\xc3\xa4ne", "\xe2\x82\xac",
                           "\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\x90\xb1",
                           "\xef\xbf\xbd", "\xc2\xa0"}) {
    EXPECT_EQ(EscapedText(text), text);
    EXPECT_EQ(OneLine(text), text);
  }
}

// C1 has its own CSI, which some terminals obey.
TEST(EscapeTest, ControlCharactersOfTheUpperHalfAreShown) {
  EXPECT_EQ(EscapedText("\xc2\x9b"
                        "2J"),
            "\\xc2\\x9b2J");
  EXPECT_EQ(EscapedText("\xc2\x80\xc2\x9f"), "\\xc2\\x80\\xc2\\x9f");
}

TEST(EscapeTest, LineSeparatorsAndDirectionMarksAreShown) {
  EXPECT_EQ(EscapedText("\xe2\x80\xa8"), "\\xe2\\x80\\xa8");  // U+2028
  EXPECT_EQ(EscapedText("\xe2\x80\xae"), "\\xe2\\x80\\xae");  // U+202E
  EXPECT_EQ(EscapedText("\xe2\x81\xa6"), "\\xe2\\x81\\xa6");  // U+2066
  EXPECT_EQ(EscapedText("\xd8\x9c"), "\\xd8\\x9c");           // U+061C
}

TEST(EscapeTest, BytesThatAreNotUtf8AreShown) {
  EXPECT_EQ(EscapedText("\x9b"
                        "2J"),
            "\\x9b2J");
  EXPECT_EQ(EscapedText("\xff"), "\\xff");
  EXPECT_EQ(EscapedText("\xc3"), "\\xc3");  // cut off
  EXPECT_EQ(EscapedText("\xc3\x41"),
            "\\xc3"
            "A");                                    // no continuation
  EXPECT_EQ(EscapedText("\xc0\x8a"), "\\xc0\\x8a");  // overlong newline
  EXPECT_EQ(EscapedText("\xe0\x80\x8a"), "\\xe0\\x80\\x8a");
  EXPECT_EQ(EscapedText("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(EscapedText("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

// No other name looks the same.
TEST(EscapeTest, BackslashOfANameIsDoubled) {
  EXPECT_EQ(EscapedText("a\\nb"), "a\\\\nb");
  EXPECT_EQ(QuotedText("a\"b\\"), "\"a\\\"b\\\\\"");
  EXPECT_EQ(QuotedText(kForged), "\"d\\nfinalize: all is well\\x1b[2J\"");
}

// A message is made printable by each layer that it passes.
TEST(EscapeTest, MessageMayBeEscapedTwice) {
  const std::string message = "cannot remove " + QuotedText(kForged) + "\n";
  const std::string shown = OneLine(message);
  EXPECT_EQ(shown, "cannot remove \"d\\nfinalize: all is well\\x1b[2J\"\\n");
  EXPECT_EQ(OneLine(shown), shown);
}

// The form for signal handlers cuts neither an escape nor a character.
TEST(EscapeTest, TextIsCutBetweenCharacters) {
  char out[8];
  EXPECT_EQ(std::string_view(out, EscapeTo("abcdefghij", out, 8)), "abcdefgh");
  EXPECT_EQ(std::string_view(out, EscapeTo("abcdef\x1b", out, 8)), "abcdef");
  EXPECT_EQ(std::string_view(out, EscapeTo("abcdefg\xc3\xa4", out, 8)),
            "abcdefg");
  EXPECT_EQ(EscapeTo("\n", out, 1), 0u);
  EXPECT_EQ(EscapeTo("", out, 0), 0u);
}

TEST(EscapeTest, LongNameKeepsItsEnd) {
  EXPECT_STREQ(EscapedName<8>("/long/path/x.cc").text, "th/x.cc");
  EXPECT_STREQ(EscapedName<8>("a\nb").text, "a\\nb");
}

// A type whose name no compiler would give.
class OddType : public std::type_info {
 public:
  OddType() : std::type_info("d\nfinalize: all is well\x1b[2J") {}
};

TEST(EscapeTest, NameOfATypeIsEscaped) {
  std::string text;
  finalize_internal::AppendTypeName(OddType(), &text);
  EXPECT_EQ(text, "d\\nfinalize: all is well\\x1b[2J");
}

}  // namespace
