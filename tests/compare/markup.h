// SPDX-License-Identifier: Apache-2.0

// A strict reader of HTML that is well-formed XML, too: each element is closed,
// each attribute is quoted and given once, and each & is a reference that XML
// knows.

#ifndef TESTS_COMPARE_MARKUP_H_
#define TESTS_COMPARE_MARKUP_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace finalize_test {

struct MarkupElement {
  std::string name;  // "" for text
  std::map<std::string, std::string> attributes;
  std::string text;  // of that
  const MarkupElement* parent = nullptr;
  std::vector<std::unique_ptr<MarkupElement>> children;

  // "" where there is no such attribute.
  std::string operator[](const std::string& attribute) const;
  bool HasClass(const std::string& name) const;
  // The text of this element and of all below it.
  std::string AllText() const;
  // The elements below it for which `wanted` holds, in order.
  std::vector<const MarkupElement*> Find(
      const std::function<bool(const MarkupElement&)>& wanted) const;
  std::vector<const MarkupElement*> Find(const std::string& name) const;
};

// Returns the one element of `document`, below its doctype and comments; a test
// failure, and null, where it is not well-formed.
std::unique_ptr<MarkupElement> ReadMarkup(const std::string& document);

// Returns what is wrong with `document`; "" where it is well-formed.
std::string MarkupError(const std::string& document);

}  // namespace finalize_test

#endif  // TESTS_COMPARE_MARKUP_H_
