// SPDX-License-Identifier: Apache-2.0

// HTML that is also well-formed XML, with all text escaped: a string becomes
// part of it by Text() or as the value of an attribute. Bytes that are not
// UTF-8 and control characters become what finalize/escaped_text.h makes of
// them.
//
//   Html link = Element("a", {{"href", "#sigterm"}}, Text(title));
#ifndef EXAMPLES_COMPARE_PRINT_HTML_MARKUP_H_
#define EXAMPLES_COMPARE_PRINT_HTML_MARKUP_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace compare {

class Html {
 public:
  Html() = default;

  // For markup that is a constant of this program.
  static Html Constant(std::string source) { return Html(std::move(source)); }

  const std::string& source() const { return source_; }

  Html& operator+=(const Html& more) {
    source_ += more.source_;
    return *this;
  }
  friend Html operator+(Html first, const Html& second) {
    return first += second;
  }

 private:
  explicit Html(std::string source) : source_(std::move(source)) {}

  std::string source_;
};

// An attribute without a value is left out.
using Attributes = std::vector<std::pair<std::string_view, std::string>>;

// Returns `text` with <, >, & and " escaped, and with its lines kept.
Html Text(std::string_view text);

Html Element(std::string_view name, const Attributes& attributes,
             const Html& content);
inline Html Element(std::string_view name, const Html& content) {
  return Element(name, {}, content);
}

// An element that has no content, like <input />.
Html EmptyElement(std::string_view name, const Attributes& attributes);

// The same as Element, on lines of its own.
Html Block(std::string_view name, const Attributes& attributes,
           const Html& content);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_HTML_MARKUP_H_
